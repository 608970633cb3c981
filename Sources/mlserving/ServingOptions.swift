import ArgumentParser
import Logging
import MLServing

/// The options that every command has: which servers, which queue, how much to log.
struct ServingOptions: ParsableArguments {
    @Option(
        name: .customLong("env-file"), help: "A file of lines KEY=value; may be given several times. (default: variables.env, if there)")
    var environmentFiles: [String] = []

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

    /// Reads the settings, options first.
    func load(overrides: [String: String] = [:]) async throws -> (settings: ServingSettings, reader: SettingsReader) {
        var values = overrides
        values["QUEUE_NAME"] = queue
        values["QUEUE_TYPE"] = queueType
        values["RABBIT_NODES"] = rabbitNodes.map { "(\($0))" }
        values["REDIS_NODES"] = redisNodes.map { "(\($0))" }
        values["LOG_LEVEL"] = logLevel
        let reader = try await SettingsReader(files: environmentFiles.isEmpty ? nil : environmentFiles, overrides: values)
        return (try ServingSettings(from: reader), reader)
    }

    /// A logger to standard error, at the configured level.
    func logger(_ label: String, reader: SettingsReader, default level: Logger.Level) throws -> Logger {
        var logger = Logger(label: label, factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = try reader.choice("LOG_LEVEL", default: level)
        return logger
    }
}
