internal import ArgumentParser
internal import FastTextEmbedding
internal import Logging
internal import MLServing
internal import MLServingHealth
internal import PrometheusMetrics
internal import ServingProgram

/// Serves a fastText model behind a queue.
struct FastTextConsumer: AsyncParsableCommand, EndingAtSignals {
    /// The key of the model's path, which only this program and the embedded service read.
    private static let modelKey = SettingKey("MODEL_PATH", "file", nil, .consumers, "a fastText model, .bin or .ftz; required")

    private static let keys = [modelKey] + SettingKey.all.filter { $0.users.contains(.consumers) }

    static let configuration = CommandConfiguration(
        commandName: "fasttext-consumer",
        abstract: "Embeds short texts with a fastText model, behind a RabbitMQ queue.",
        discussion: """
            A request is one text or a list of texts, in MessagePack or JSON; its result is one vector or a list of vectors, each of three times \
            the model's dimension. The consumer ends after SIGTERM or SIGINT, when what was running has been answered.

            MODEL_PATH=model.bin fasttext-consumer
            QUEUE_NAME=texts fasttext-consumer --model model.bin

            Environment (also from variables.env, or the files that MLSERVING_ENV_FILES names):
            \(SettingKey.help(keys))

            \(ExitCode.meanings)
            """
    )

    @Option(help: ArgumentHelp("The fastText model; goes before MODEL_PATH.", valueName: "file"))
    var model: String?

    func run() async throws {
        let overrides = model.map { ["MODEL_PATH": $0] } ?? [:]
        let reader = try await SettingsReader(overrides: overrides, keys: SettingKey.all + [Self.modelKey])
        let logger = try ProgramLog.bootstrap("fasttext-consumer", reader: reader, default: .info)
        let settings = try ServingSettings(from: reader)
        let health = try HealthConfiguration(from: reader)
        let metrics = health.map { _ in PrometheusRegistry.forServing() }
        metrics?.bootstrap()
        let predictor = try FastTextEmbeddingPredictor(from: reader, logger: logger)
        let runner = ConsumerRunner(predictor, settings: settings, logger: logger)
        try await runner.run(answeringAt: health, metrics: metrics, logger: logger)
    }
}

@main
enum FastTextConsumerProgram {
    static func main() async {
        await Program.main(FastTextConsumer.self, name: "fasttext-consumer")
    }
}
