import ArgumentParser
import Logging
import MLServing

/// The options that every command has: which servers, which queue, how much to log.
struct ServingOptions: ParsableArguments {
    @OptionGroup var environment: EnvironmentOptions

    @Option(help: "The queue of requests (QUEUE_NAME, default: task_queue).")
    var queue: String?

    @Option(help: "The kind of queue, quorum or classic (QUEUE_TYPE, default: quorum).")
    var queueType: String?

    @Option(help: "RabbitMQ nodes, as \"host:port host:port\" (RABBIT_NODES, default: localhost:5672).")
    var rabbitNodes: String?

    @Option(help: "Redis nodes, as \"host:port host:port\" (REDIS_NODES, default: localhost:6379).")
    var redisNodes: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical (LOG_LEVEL).")
    var logLevel: String?

    @Option(help: "text or json (LOG_FORMAT, default: text).")
    var logFormat: String?

    @Option(help: "The file that the log goes to (LOG_FILE, default: standard error).")
    var logFile: String?

    func validate() throws {
        // An empty variable counts as none; somebody who gives an empty option has lost a value.
        for (name, value) in [
            ("queue", queue), ("queue-type", queueType), ("rabbit-nodes", rabbitNodes), ("redis-nodes", redisNodes),
            ("log-level", logLevel), ("log-format", logFormat), ("log-file", logFile),
        ] where value?.isEmpty == true {
            throw ValidationError("--\(name) is empty.")
        }
    }

    /// Reads the settings, options first.
    func load(overrides: [String: String] = [:]) async throws -> (settings: ServingSettings, reader: SettingsReader) {
        var values = overrides
        values["QUEUE_NAME"] = queue
        values["QUEUE_TYPE"] = queueType
        values["RABBIT_NODES"] = rabbitNodes
        values["REDIS_NODES"] = redisNodes
        values["LOG_LEVEL"] = logLevel
        values["LOG_FORMAT"] = logFormat
        values["LOG_FILE"] = logFile
        let reader = try await environment.reader(overrides: values)
        return (try ServingSettings(from: reader), reader)
    }

    /// Runs a command that asks for predictions, or for their results, with a client that is shut down whatever happens.
    ///
    /// - Parameters:
    ///   - name: What the log is labelled with.
    ///   - configure: Checks the settings, and changes what the command has options for.
    func withClient<Value>(
        _ name: String, configure: (inout ServingSettings) throws -> Void = { _ in },
        body: (ProducerClient<EncodedValue, EncodedValue>, ServingSettings) async throws -> Value
    ) async throws -> Value {
        try await withModelClient(name, configure: configure) { client, settings in
            try await body(ProducerClient(client), settings)
        }
    }

    /// The same for commands that are not about the one queue.
    func withModelClient<Value>(
        _ name: String, configure: (inout ServingSettings) throws -> Void = { _ in },
        body: (ModelClient, ServingSettings) async throws -> Value
    ) async throws -> Value {
        var (settings, reader) = try await load()
        let logger = try ProgramLog.logger("mlserving.\(name)", reader: reader, default: .warning)
        try configure(&settings)
        let client = ModelClient(settings: settings, logger: logger)
        do {
            let value = try await body(client, settings)
            await client.shutdown()
            return value
        } catch {
            await client.shutdown()
            throw error
        }
    }
}

extension ServingSettings {
    /// Refuses commands on submitted work where nothing of it can be reached.
    func requireTickets(for command: String) throws(ConfigurationError) {
        guard producer.resultMode == .queue, producer.resultQueue == nil else { return }
        throw ConfigurationError(
            key: "QUEUE_ONLY", message: "1 leaves \(command) without results: set it to 0 to use Redis, or name a CACHE_QUEUE_NAME")
    }
}
