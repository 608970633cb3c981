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
            """
    )

    @OptionGroup var serving: ServingOptions

    @Argument(help: "The input, as JSON; without it, or as \"-\", it is read from standard input.")
    var input: String?

    @Flag(help: "The input is a JSON array of inputs; prints one line for each.")
    var list = false

    @Flag(help: "Do not wait: print a ticket with which the result can be read later.")
    var submit = false

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
            var jsonSettings = settings
            jsonSettings.producer.codec = JSONCodec()
            let client = ProducerClient<EncodedValue, EncodedValue>(settings: jsonSettings, logger: logger)
            let wait = timeout.map { Duration.seconds($0) }
            if submit {
                print(try await client.submit(try Self.value(body), timeout: wait))
            } else if list {
                try await predictList(body, with: client, timeout: wait)
            } else {
                print(try await client.predict(try Self.value(body), timeout: wait).text)
            }
            await client.shutdown()
        }
    }

    /// Prints one line for each input; a failed one is an object with `error`, and makes the exit code.
    private func predictList(_ body: [UInt8], with client: ProducerClient<EncodedValue, EncodedValue>, timeout: Duration?) async throws {
        let codec = JSONCodec()
        let inputs: [EncodedValue]
        do {
            inputs = try codec.split(list: body[...]).map { EncodedValue(contentType: .json, bytes: $0) }
            for input in inputs { _ = try Self.value(Array(input.bytes)) }
        } catch {
            throw ServingError(code: .invalidInput, message: "--list takes a JSON array: \(error)")
        }
        var failure: ServingError?
        for outcome in try await client.predict(batch: inputs, timeout: timeout) {
            switch outcome {
            case .success(let output): print(output.text)
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

    /// The input as it is, once it has proved to be JSON.
    private static func value(_ body: [UInt8]) throws -> EncodedValue {
        do {
            _ = try JSONCodec().decode(AnyJSON.self, from: body[...])
        } catch {
            throw ServingError(code: .invalidInput, message: "the input is not JSON (a text needs quotes): \(error)")
        }
        return EncodedValue(contentType: .json, bytes: body[...])
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
            print(try await client.result(of: ticket, timeout: timeout.map { .seconds($0) }).text)
            await client.shutdown()
        }
    }
}

extension EncodedValue {
    /// The value as text: JSON as it is.
    fileprivate var text: String {
        String(decoding: bytes, as: UTF8.self)
    }
}
