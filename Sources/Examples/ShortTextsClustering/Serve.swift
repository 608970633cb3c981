internal import ArgumentParser
internal import FastTextEmbedding
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import MLServing
internal import MLServingHealth
internal import ServiceLifecycle
internal import ServingProgram
internal import TextClusteringService
internal import UnixSignals

/// Runs the HTTP service.
struct Serve: AsyncParsableCommand, EndingAtSignals {
    static let configuration = CommandConfiguration(
        abstract: "Run the HTTP service (the default).",
        discussion: """
            POST /api/v1/predict takes a JSON object of id and text, and answers with an object of label and ids; GET / answers OK, \
            and browsers with a page. The service ends after SIGTERM or SIGINT, when what was running has been answered.

            Environment (also from variables.env, or the files that MLSERVING_ENV_FILES names):
            \(SettingKey.help(SettingKey.clustering + SettingKey.all.filter { $0.users.contains(.producers) }))

            \(ExitCode.meanings)
            """
    )

    @Option(help: ArgumentHelp("Where to listen; goes before HTTP_HOST.", valueName: "address"))
    var host: String?

    @Option(help: ArgumentHelp("The port; goes before HTTP_PORT. 0 takes one that is free.", valueName: "number"))
    var port: Int?

    @Option(help: ArgumentHelp("A file to write the port to as soon as the service listens; until then it is empty.", valueName: "file"))
    var portFile: String?

    @Flag(help: "Host the model in this process, without RabbitMQ and Redis.")
    var embedded = false

    @Option(help: ArgumentHelp("The fastText model, with --embedded; goes before MODEL_PATH.", valueName: "file"))
    var model: String?

    func validate() throws {
        guard model == nil || embedded else { throw ValidationError("--model needs --embedded: without it the consumer has the model.") }
    }

    func run() async throws {
        var overrides: [String: String] = [:]
        overrides["HTTP_HOST"] = host
        overrides["HTTP_PORT"] = port.map(String.init)
        overrides["MODEL_PATH"] = model
        let reader = try await SettingsReader(overrides: overrides, keys: SettingKey.all + SettingKey.clustering)
        let logger = try ProgramLog.bootstrap("short-texts-clustering", reader: reader, default: .info)
        let settings = try ServingSettings(from: reader)
        let configuration = try ClusteringConfiguration(from: reader)
        let model =
            embedded
            ? .embedded(try FastTextEmbeddingPredictor(from: reader, logger: logger), settings: settings, logger: logger)
            : ModelAccess.remote(settings: settings, logger: logger)
        let health = ClusteringServiceHealth()
        let application = try application(with: model, configuration: configuration, health: health, reader: reader, logger: logger)
        // The first of them ends last.
        let endpoint = try healthServer(of: health, reader: reader, logger: logger)
        try await run(
            endpoint + model.services + [WatchedServer(server: application, health: health)], gracePeriod: settings.consumer.gracePeriod,
            logger: logger)
    }

    private func healthServer(of health: ClusteringServiceHealth, reader: SettingsReader, logger: Logger) throws -> [any Service] {
        guard reader.string("HTTP_HEALTH_PORT") != nil else { return [] }
        let port = try reader.integer("HTTP_HEALTH_PORT", default: 0, in: 1...65_535)
        let configuration = HealthConfiguration(host: reader.string("HEALTH_HOST") ?? "127.0.0.1", port: port)
        return [HealthServer(configuration: configuration, logger: logger) { health.report }]
    }

    private func application(
        with model: ModelAccess, configuration: ClusteringConfiguration, health: ClusteringServiceHealth, reader: SettingsReader,
        logger: Logger
    ) throws -> some Service {
        let address = try ListenAddress(from: reader)
        var limits = try ConnectionLimits(from: reader)
        let descriptors = DescriptorLimit.raise()
        if !limits.fit(descriptors: descriptors) {
            logger.warning(
                "Fewer connections than MAX_CONNECTIONS; the system's limit is too low",
                metadata: ["descriptors": "\(descriptors)", "connections": "\(limits.maximumConnections)"])
        }
        let portFile = try portFile.map { try PortFile(path: $0) }
        logger.info(
            "Starting the clustering service",
            metadata: [
                "host": "\(address.host)", "port": "\(address.port)", "model": embedded ? "in this process" : "behind RabbitMQ and Redis",
            ]
        )
        let beginning = ListeningBeginning()
        var application = Application(
            router: clusteringRouter(embedder: model.client, configuration: configuration),
            server: .guarded(by: limits),
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in
                beginning.mark()
                health.serverIsRunning()
                portFile?.write(port: channel.localAddress?.port ?? address.port, logger: logger)
            },
            logger: logger
        )
        application.beforeServerStarts(perform: model.prepare)
        return ListeningService(base: application, address: "\(address.host):\(address.port)", beginning: beginning)
    }

    /// Runs services until a signal asks to end, then ends them in reverse order: the HTTP server first, the model last.
    private func run(_ services: [any Service], gracePeriod: Duration, logger: Logger) async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet
        )
        configuration.maximumGracefulShutdownDuration = gracePeriod
        try await ServiceGroup(configuration: configuration).run()
    }
}
