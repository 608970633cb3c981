import ArgumentParser
import Logging
import MLServing

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell whether the servers answer, how deep the queue is and who consumes it.",
        discussion: """
            Exits with 0 when both servers answer, the queue exists and has as many consumers as are asked for; with 77 when a server refuses \
            the credentials, else with 69. Redis is not asked where nothing uses it (QUEUE_ONLY=1).

            mlserving status --min-consumers 2 --json

            \(CommandHelp.environment(.producers))
            """
    )

    /// What is printed; also as JSON.
    struct Report: Encodable {
        struct Server: Encodable {
            var reachable: Bool
            var nodes: String
            var error: String?
        }

        struct Queue: Encodable {
            var name: String
            var depth: Int?
            var consumers: Int?
            var error: String?
        }

        var rabbitmq: Server
        /// `nil`: nothing here uses it.
        var redis: Server?
        var queue: Queue
    }

    @OptionGroup var serving: ServingOptions

    @Option(help: "How many seconds the servers have to answer.")
    var timeout = Seconds.whole(3)

    @Option(help: "How many consumers the queue must have.")
    var minConsumers = 0

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard minConsumers >= 0 else { throw ValidationError("--min-consumers must not be negative.") }
    }

    func run() async throws {
        let (settings, reader) = try await serving.load()
        let logger = try ProgramLog.logger("mlserving.status", reader: reader, default: .critical)
        // One for each server: a refusal ends a transport with all its connections, and would be the answer of both.
        func transport() -> ServerTransport { ServerTransport(settings: settings, name: "status", logger: logger) }
        let (report, isRefused) = await makeReport(on: transport(), transport(), settings: settings)
        try Task.checkCancellation()
        try StandardOutput.print(json ? String(decoding: try JSONCodec().encode(report), as: UTF8.self) : report.text.printableLines)
        guard report.rabbitmq.reachable, report.redis?.reachable != false, report.queue.error == nil else {
            throw isRefused ? ExitCode.refused : .unavailable
        }
        let consumers = report.queue.consumers ?? 0
        guard consumers >= minConsumers else {
            let count = "\(consumers) \(consumers == 1 ? "consumer" : "consumers")"
            throw ProgramError(.unavailable, "the queue \(report.queue.name) has \(count), fewer than \(minConsumers) (--min-consumers)")
        }
    }

    /// - Returns: What is printed, and whether a server refuses the credentials.
    private func makeReport(
        on rabbit: ServerTransport, _ redis: ServerTransport, settings: ServingSettings
    ) async -> (Report, isRefused: Bool) {
        let usesStore = settings.consumer.usesStore
        return await withTaskGroup(of: Void.self) { group in
            // Why they end is what the questions below are answered with.
            group.addTask { try? await rabbit.run() }
            if usesStore { group.addTask { try? await redis.run() } }
            defer { group.cancelAll() }
            let name = settings.consumer.queue.name
            async let queueAnswer = answer(of: rabbit) { try await rabbit.broker.status(of: name) }
            // A key that whoever may store or read results may ask for.
            let key = settings.producer.keyPrefix + ":{status}"
            async let storeAnswer = usesStore ? answer(of: redis) { _ = try await redis.store.contains([key]) } : nil
            let (queue, store) = await (queueAnswer, storeAnswer)
            var report = Report(
                rabbitmq: .init(reachable: true, nodes: settings.rabbitNodes.map(\.description).joined(separator: " ")),
                redis: usesStore ? .init(reachable: true, nodes: settings.redisNodes.map(\.description).joined(separator: " ")) : nil,
                queue: .init(name: name)
            )
            var isRefused = false
            switch queue {
            case .success(let status):
                report.queue.depth = status.depth
                report.queue.consumers = status.consumers
            case .failure(let error):
                report.queue.error = error.message
                isRefused = error.code == .refused
                if error.code != .notFound {
                    report.rabbitmq.reachable = false
                    report.rabbitmq.error = error.message
                }
            }
            if case .failure(let error)? = store {
                report.redis?.reachable = false
                report.redis?.error = error.message
                isRefused = isRefused || error.code == .refused
            }
            return (report, isRefused)
        }
    }

    /// What a server answers within the time that it has.
    private func answer<Value: Sendable>(
        of transport: ServerTransport, _ ask: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, TransportError> {
        do {
            return .success(try await transport.answer(until: .now + timeout.duration, to: ask))
        } catch let error as TransportError {
            return .failure(error)
        } catch {
            return .failure(TransportError(code: .unavailable, message: "no answer: \(ErrorReport(error).line ?? "interrupted")"))
        }
    }
}

extension StatusCommand.Report {
    /// One line for each part.
    var text: String {
        func line(_ name: String, _ server: Server) -> String {
            "\(name)  \(server.reachable ? "reachable" : "unreachable")  \(server.nodes)" + (server.error.map { "  (\($0))" } ?? "")
        }
        let state = queue.error.map { "(\($0))" } ?? "depth \(queue.depth ?? 0)  consumers \(queue.consumers ?? 0)"
        let store = redis.map { line("redis   ", $0) } ?? "redis     not used (QUEUE_ONLY=1)"
        return [line("rabbitmq", rabbitmq), store, "queue     \(queue.name)  \(state)"].joined(separator: "\n")
    }
}
