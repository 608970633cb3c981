import ArgumentParser
import Glibc
import MLServing

struct ConsumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume",
        abstract: "Host a model behind the queue.",
        subcommands: [Echo.self, FastText.self]
    )

    struct Echo: AsyncParsableCommand, EndingAtSignals, TakingNumbers {
        static let configuration = CommandConfiguration(
            abstract: "Answer every input with itself, in whatever content type it came.",
            discussion: """
                Runs until SIGTERM or SIGINT, then finishes what it has begun. Logs "consumer ready" when it consumes.

                mlserving consume echo --prefetch 512
                mlserving consume echo --queue slow --delay-ms 60000 --health-port 8080

                \(CommandHelp.environment(.consumers))
                """
        )

        @OptionGroup var consumer: ConsumerOptions

        @Option(help: "Take so many milliseconds for each batch: to try out slow models, deadlines and failures.")
        var delayMs = 0

        @Option(help: "Crash at each input that equals this integer or text: to see what a request does that takes its process down.")
        var crashOn: String?

        @Option(help: "Keep answers for so many seconds, and predict equal inputs once (default: each input is predicted).")
        var cacheSeconds: Int?

        func validate() throws {
            guard (0...1_000_000_000).contains(cacheSeconds ?? 0) else {
                throw ValidationError("--cache-seconds must be between 0 and 1000000000.")
            }
            guard (0...86_400_000).contains(delayMs) else { throw ValidationError("--delay-ms must be between 0 and 86400000.") }
        }

        func run() async throws {
            let echo = try EchoPredictor(
                delay: .milliseconds(delayMs), crashOn: crashOn.map { NegativeNumber.unshielded($0) },
                caching: cacheSeconds.map { ResultCaching(model: "echo", version: "1", timeToLive: .seconds($0)) })
            try await consumer.run(label: "mlserving.echo") { _ in echo }
        }
    }
}

/// Answers each input with itself, without decoding it.
struct EchoPredictor: BatchPredictor {
    let delay: Duration
    let resultCaching: ResultCaching?
    /// What it crashes on, in each content type.
    private let fatalInputs: [ContentType: [UInt8]]

    init(delay: Duration, crashOn input: String? = nil, caching: ResultCaching? = nil) throws {
        self.delay = delay
        resultCaching = caching
        let codecs: [any PayloadCodec] = input == nil ? [] : [JSONCodec(), MessagePackCodec()]
        fatalInputs = try Dictionary(
            uniqueKeysWithValues: codecs.map { codec in
                let number = input.flatMap { Int($0) }
                return (codec.contentType, try number.map { try codec.encode($0) } ?? codec.encode(input))
            })
    }

    var batchLimits: BatchLimits { BatchLimits(maximumCount: 256) }
    var isQuick: Bool { delay == .zero }
    /// MessagePack's nil. A delay is for requests, it does not hold up the start.
    var warmUpInputs: [EncodedValue] { delay > .zero ? [] : [EncodedValue(contentType: .messagePack, bytes: [0xc0])] }

    func predict(batch inputs: [EncodedValue]) async throws -> [EncodedValue] {
        if !fatalInputs.isEmpty, inputs.contains(where: { fatalInputs[$0.contentType].map($0.bytes.elementsEqual) == true }) { abort() }
        if delay > .zero { try await Task.sleep(for: delay) }
        return inputs
    }
}
