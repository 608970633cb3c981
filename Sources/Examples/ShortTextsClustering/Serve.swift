internal import ArgumentParser
internal import FastTextEmbedding
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import MLServing
internal import MLServingHealth
internal import ServiceLifecycle
internal import TextClusteringService
internal import UnixSignals

/// Runs the HTTP service.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the HTTP service (the default).",
        discussion: """
            POST /api/v1/predict takes a JSON object of id and text, and answers with an object of label and ids; GET / answers OK, \
            and browsers with a page. The service ends after SIGTERM or SIGINT, when what was running has been answered.

            Environment (also from variables.env, or the files that MLSERVING_ENV_FILES names):
              HTTP_HOST, HTTP_PORT  where to listen, default 127.0.0.1 (this machine only) and 5000; 0.0.0.0 or :: for all
              COSINE_THRSH          cosine distance from which on clusters stay apart, default 0.65
              MIN_CLUSTER_SIZE      the fewest texts that make a cluster, default 3
              REQUEST_TIMEOUT       seconds that a request may take, default 30
              RABBIT_TTL            milliseconds that the model may take, default 60000
              MAX_BODY_BYTES        the largest body of a request, default 1048576
              MAX_TEXTS             the most texts of a request, default 5000
              MAX_TEXT_BYTES        the largest text, default 10000
              MAX_REQUESTS          requests worked on at once, default 32
              LARGE_REQUEST_TEXTS   from how many texts on a request is large, default 1000
              MAX_LARGE_REQUESTS    large requests worked on at once, default 2
              TEXTS_PER_REQUEST     texts that the model gets in one request, default 256
              MAX_PARALLEL_REQUESTS such requests at once for each request to the service, default 8
              CLUSTER_THREADS       threads that cluster, default 2
              MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS
                                    connections at once, and those of one client, default 1024 and 64
              HEADER_TIMEOUT, BODY_TIMEOUT
                                    seconds that the head and the body of a request may take, default 10 and 30
              MIN_BODY_RATE         bytes of a body that have to come each second, default 1000
              IDLE_TIMEOUT, WRITE_TIMEOUT
                                    seconds that a client may ask nothing, and take nothing, default 60 and 30
              TRUSTED_PROXIES       addresses and CIDR ranges of the proxies whose X-Forwarded-For and Forwarded count, default none
              HTTP_HEALTH_PORT, HEALTH_HOST
                                    where /live and /ready are answered apart from the crowd, default nowhere and 127.0.0.1
              RABBIT_NODES, REDIS_NODES, QUEUE_NAME and the other keys of the consumer: where the model is
              MODEL_PATH            the model, with --embedded
              LOG_LEVEL             trace … critical, default info

            Exit status: 0 after a shutdown, 64 wrong usage, 66 the model cannot be read, 73 the port file cannot be written, 78 wrong \
            configuration, 70 any other failure.
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
        do {
            try await serve()
        } catch {
            Logger(label: "short-texts-clustering").critical("\(error)")
            throw ExitStatus.code(for: error)
        }
    }

    private func serve() async throws {
        var overrides: [String: String] = [:]
        overrides["HTTP_HOST"] = host
        overrides["HTTP_PORT"] = port.map(String.init)
        overrides["MODEL_PATH"] = model
        let reader = try await SettingsReader(overrides: overrides)
        let level = try reader.choice("LOG_LEVEL", default: Logger.Level.info)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: "short-texts-clustering")
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
        var application = Application(
            router: clusteringRouter(embedder: model.client, configuration: configuration),
            server: .guarded(by: limits),
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in
                health.serverIsRunning()
                portFile?.write(port: channel.localAddress?.port ?? address.port, logger: logger)
            },
            logger: logger
        )
        application.beforeServerStarts(perform: model.prepare)
        return application
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
