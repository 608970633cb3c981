import ArgumentParser
import Logging
import MLServing
import MLServingHealth
import PrometheusMetrics

/// The options that every consumer has.
struct ConsumerOptions: ParsableArguments {
    @OptionGroup var serving: ServingOptions

    @Option(help: "How many requests to hold at once (PREFETCH_COUNT, default: 10).")
    var prefetch: Int?

    @Option(help: "How many batches to predict at once (PREDICT_CONCURRENCY, default: 1).")
    var concurrency: Int?

    @Option(help: "A port for /live, /ready and /metrics (HEALTH_PORT, default: none).")
    var healthPort: Int?

    @Option(help: "The IP address to answer on for them (HEALTH_HOST, default: 127.0.0.1).")
    var healthHost: String?

    /// Hosts a predictor until a signal ends it.
    ///
    /// - Parameters:
    ///   - label: The label of the log.
    ///   - makePredictor: Makes the predictor, when the settings are known to be sound.
    func run<Model: BatchPredictor>(label: String, _ makePredictor: (Logger) throws -> Model) async throws {
        var overrides: [String: String] = [:]
        overrides["PREFETCH_COUNT"] = prefetch.map(String.init)
        overrides["PREDICT_CONCURRENCY"] = concurrency.map(String.init)
        overrides["HEALTH_PORT"] = healthPort.map(String.init)
        overrides["HEALTH_HOST"] = healthHost
        let (settings, reader) = try await serving.load(overrides: overrides)
        let health = try HealthConfiguration(from: reader)
        let logger = try ProgramLog.logger(label, reader: reader, default: .info)
        let predictor = try makePredictor(logger)
        let metrics = health.map { _ in PrometheusRegistry.forServing() }
        metrics?.bootstrap()
        let runner = ConsumerRunner(predictor, settings: settings, logger: logger)
        try await runner.run(answeringAt: health, metrics: metrics, logger: logger)
    }
}
