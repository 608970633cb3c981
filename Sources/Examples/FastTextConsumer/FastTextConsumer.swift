internal import ArgumentParser
internal import FastTextEmbedding
internal import Logging
internal import MLServing
internal import MLServingHealth
internal import PrometheusMetrics

/// Serves a fastText model behind a queue.
@main
struct FastTextConsumer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fasttext-consumer",
        abstract: "Embeds short texts with a fastText model, behind a RabbitMQ queue.",
        discussion: """
            A request is one text or a list of texts, in MessagePack or JSON; its result is one vector or a list of vectors, each of three times \
            the model's dimension. The consumer ends after SIGTERM or SIGINT, when what was running has been answered.

            Environment (also from variables.env, or the files that MLSERVING_ENV_FILES names):
              MODEL_PATH            a fastText model, .bin or .ftz; required
              RABBIT_NODES          (host:port host:port …), default (localhost:5672)
              RABBIT_USER, RABBIT_PASSWORD, RABBIT_VHOST
              REDIS_NODES           (host:port …), default (localhost:6379)
              REDIS_USER, REDIS_PASSWORD, REDIS_DATABASE
              QUEUE_NAME            default task_queue
              QUEUE_TYPE            quorum (default) or classic
              PREFETCH_COUNT        requests held at once, default 10
              PREDICT_CONCURRENCY   batches embedded at once, default 1
              REDIS_TTL             seconds that results are kept, default 60
              GRACE_PERIOD          seconds to finish running work on shutdown, default 30
              HEALTH_PORT           port of /live, /ready and /metrics, default none
              HEALTH_HOST           IP address to answer on for them, default 127.0.0.1
              HEALTH_BROKER_LIMIT, HEALTH_PROGRESS_LIMIT
                                    seconds without the broker, or without progress, until /live says no, default 60 and 300
              LOG_LEVEL             trace … critical, default info

            Exit status: 0 after a shutdown, 64 wrong usage, 66 the model cannot be read, 78 wrong configuration, 70 any other failure.
            """
    )

    @Option(help: ArgumentHelp("The fastText model; goes before MODEL_PATH.", valueName: "file"))
    var model: String?

    func run() async throws {
        let logger = Logger(label: "fasttext-consumer")
        do {
            try await serve()
        } catch {
            logger.critical("\(error)")
            throw ExitStatus.code(for: error)
        }
    }

    private func serve() async throws {
        let reader = try await SettingsReader(overrides: model.map { ["MODEL_PATH": $0] } ?? [:])
        let level = try reader.choice("LOG_LEVEL", default: Logger.Level.info)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: "fasttext-consumer")
        let settings = try ServingSettings(from: reader)
        let health = try HealthConfiguration(from: reader)
        let metrics = health.map { _ in PrometheusRegistry.forServing() }
        metrics?.bootstrap()
        let predictor = try FastTextEmbeddingPredictor(from: reader, logger: logger)
        let runner = ConsumerRunner(predictor, settings: settings, logger: logger)
        try await runner.run(answeringAt: health, metrics: metrics, logger: logger)
    }
}
