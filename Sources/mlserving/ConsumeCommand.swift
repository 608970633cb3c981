import ArgumentParser
import Logging
import MLServing

struct ConsumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume",
        abstract: "Host a model behind the queue.",
        subcommands: [Echo.self]
    )

    struct Echo: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answer every input with itself, in whatever content type it came.",
            discussion: "Runs until SIGTERM or SIGINT, then finishes what it has begun. Logs \"consumer ready\" when it consumes."
        )

        @OptionGroup var serving: ServingOptions

        @Option(help: "How many requests to hold at once (PREFETCH_COUNT, default: 10).")
        var prefetch: Int?

        @Option(help: "How many batches to predict at once (PREDICT_CONCURRENCY, default: 1).")
        var concurrency: Int?

        @Option(help: "Take so many milliseconds for each batch: to try out slow models, deadlines and failures.")
        var delayMs = 0

        func validate() throws {
            guard (0...86_400_000).contains(delayMs) else { throw ValidationError("--delay-ms must be between 0 and 86400000.") }
        }

        func run() async throws {
            try await reportingErrors {
                var overrides: [String: String] = [:]
                overrides["PREFETCH_COUNT"] = prefetch.map(String.init)
                overrides["PREDICT_CONCURRENCY"] = concurrency.map(String.init)
                let (settings, reader) = try await serving.load(overrides: overrides)
                let logger = try serving.logger("mlserving.echo", reader: reader, default: .info)
                try await ConsumerRunner(EchoPredictor(delay: .milliseconds(delayMs)), settings: settings, logger: logger).run()
            }
        }
    }
}

/// Answers each input with itself, without decoding it.
struct EchoPredictor: BatchPredictor {
    let delay: Duration
    var batchLimits: BatchLimits { BatchLimits(maximumCount: 256) }

    func predict(batch inputs: [EncodedValue]) async throws -> [EncodedValue] {
        if delay > .zero { try await Task.sleep(for: delay) }
        return inputs
    }
}
