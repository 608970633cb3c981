import ArgumentParser
import Logging
import MLServing

struct PredictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Ask for a prediction: JSON in, JSON out.",
        discussion: """
            mlserving predict '"some text"'
            echo '["one", "two"]' | mlserving predict --list
            mlserving predict --submit '{"x": 1}'     prints a ticket, for mlserving result
            mlserving predict --content-type pickle '[0.5, 1]'     asks in pickle, prints JSON
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

    @Option(help: "How many seconds to wait (default: RABBIT_TTL, 60 s).")
    var timeout: Double?

    func validate() throws {
        if let timeout, !(timeout > 0 && timeout < 1e9) { throw ValidationError("--timeout takes a positive number of seconds.") }
        if list, submit { throw ValidationError("--submit takes one input, not a --list.") }
    }

    func run() async throws {
        try await reportingErrors {
            let (settings, reader) = try await serving.load()
            let logger = try serving.logger("mlserving.predict", reader: reader, default: .warning)
            let body = readInput()
            var ownSettings = settings
            ownSettings.producer.codec = wireFormat(settings).codec
            ownSettings.producer.replyContentType = accept?.codec.contentType
            let client = ProducerClient<EncodedValue, EncodedValue>(settings: ownSettings, logger: logger)
            let wait = timeout.map { Duration.seconds($0) }
            if submit {
                print(try await client.submit(try wireFormat(settings).value(fromJSON: body), timeout: wait))
            } else if list {
                try await predictList(body, as: wireFormat(settings), with: client, timeout: wait)
            } else {
                print(try await client.predict(try wireFormat(settings).value(fromJSON: body), timeout: wait).jsonText())
            }
            await client.shutdown()
        }
    }

    /// The template's consumers understand pickle only.
    private func wireFormat(_ settings: ServingSettings) -> WireFormat {
        settings.producer.dialect == .template ? .pickle : contentType
    }

    /// Prints one line for each input; a failed one is an object with `error`, and makes the exit code.
    private func predictList(
        _ body: [UInt8], as format: WireFormat, with client: ProducerClient<EncodedValue, EncodedValue>, timeout: Duration?
    ) async throws {
        let codec = JSONCodec()
        let inputs: [EncodedValue]
        do {
            inputs = try codec.split(list: body[...]).map { try format.value(fromJSON: Array($0)) }
        } catch {
            throw ServingError(code: .invalidInput, message: "--list takes a JSON array: \(error)")
        }
        var failure: ServingError?
        for outcome in try await client.predict(batch: inputs, timeout: timeout) {
            switch outcome {
            case .success(let output): print(try output.jsonText())
            case .failure(let error):
                failure = failure ?? error
                let object = ["error": ["code": error.code.rawValue, "message": error.message]]
                print(String(decoding: try codec.encode(object), as: UTF8.self))
            }
        }
        if let failure { throw failure }
    }

    private func readInput() -> [UInt8] {
        if let input, input != "-" { return [UInt8](input.utf8) }
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        return [UInt8](text.utf8)
    }
}

struct ResultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "result",
        abstract: "Read the result of submitted work, as JSON."
    )

    @OptionGroup var serving: ServingOptions

    @Argument(
        help: "What \"mlserving predict --submit\" printed.",
        transform: Ticket.argument)
    var ticket: Ticket

    @Option(help: "How many seconds to wait; 0 only looks (default: RABBIT_TTL, 60 s).")
    var timeout: Double?

    func run() async throws {
        try await reportingErrors {
            let (settings, reader) = try await serving.load()
            let logger = try serving.logger("mlserving.result", reader: reader, default: .warning)
            let client = ProducerClient<EncodedValue, EncodedValue>(settings: settings, logger: logger)
            print(try await client.result(of: ticket, timeout: timeout.map { .seconds($0) }).jsonText())
            await client.shutdown()
        }
    }
}
