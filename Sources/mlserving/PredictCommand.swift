import ArgumentParser
import MLServing

struct PredictCommand: AsyncParsableCommand, TakingNumbers {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Ask for a prediction: JSON in, JSON out.",
        discussion: """
            mlserving predict '"some text"'
            mlserving predict -5
            echo '["one", "two"]' | mlserving predict --list
            mlserving predict --submit '{"x": 1}'     prints a ticket, for mlserving result
            mlserving predict --content-type pickle '[0.5, 1]'     asks in pickle, prints JSON

            SIGINT cancels what has been asked for.

            \(CommandHelp.environment(.producers))
            """
    )

    @OptionGroup var serving: ServingOptions

    @Argument(help: "The input, as JSON; without it, or as \"-\", it is read from standard input.")
    var input: String?

    @Flag(help: "The input is a JSON array of inputs; prints one line for each.")
    var list = false

    @Flag(help: "Do not wait: print a ticket with which the result can be read later.")
    var submit = false

    @Option(help: "What to send the input as: json, msgpack or pickle. The output is shown as JSON whatever it is. (default: json)")
    var contentType = WireFormat.json

    @Option(help: "What to ask for the output as: json, msgpack or pickle. (default: as the input)")
    var accept: WireFormat?

    @Option(help: "How many seconds to wait, 0.001 to 1e9 (default: RABBIT_TTL, 60 s).")
    var timeout: Seconds?

    func validate() throws {
        if list, submit { throw ValidationError("--submit takes one input, not a --list.") }
    }

    func run() async throws {
        try await serving.withClient("predict") { settings in
            settings.producer.codec = wireFormat(settings).codec
            settings.producer.replyContentType = accept?.codec.contentType
            if submit { try settings.requireTickets(for: "submitted work") }
        } body: { client, settings in
            let (format, wait) = (wireFormat(settings), timeout?.duration)
            let body = try input.flatMap { $0 == "-" ? nil : Array(NegativeNumber.unshielded($0).utf8) } ?? StandardInput.readText()
            if list {
                let prediction = ListPrediction(client: client, timeout: wait ?? settings.producer.timeout)
                try await prediction.run(try format.values(fromJSONList: body))
            } else if submit {
                try StandardOutput.print("\(try await client.submit(try format.value(fromJSON: body), timeout: wait))")
            } else {
                let output = try await client.predict(try format.value(fromJSON: body), timeout: wait)
                try StandardOutput.print(try output.jsonText())
            }
        }
    }

    /// The template's consumers understand pickle only.
    private func wireFormat(_ settings: ServingSettings) -> WireFormat {
        settings.producer.dialect == .template ? .pickle : contentType
    }
}

struct ResultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "result",
        abstract: "Read the result of submitted work, as JSON.",
        discussion: """
            The result can be read again until its time to live ends.

            ticket=$(mlserving predict --submit '"later"')
            mlserving result $ticket --timeout 20

            \(CommandHelp.environment(.producers))
            """
    )

    @OptionGroup var serving: ServingOptions

    @Argument(
        help: "What \"mlserving predict --submit\" printed.",
        transform: Ticket.argument)
    var ticket: Ticket

    @Option(help: "How many seconds to wait, 0.001 to 1e9; 0 only looks (default: RABBIT_TTL, 60 s).")
    var timeout: SecondsOrNone?

    func run() async throws {
        try await serving.withClient("result") { settings in
            try settings.requireTickets(for: "submitted work")
        } body: { client, _ in
            try StandardOutput.print(try await client.result(of: ticket, timeout: timeout?.duration).jsonText())
        }
    }
}
