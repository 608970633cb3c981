internal import Celery
public import Logging
import MLServingCore

extension ServingSettings {
    /// Reads settings from the process environment and from environment files, the environment first.
    ///
    /// - Parameters:
    ///   - files: The files; see ``SettingsReader/init(files:overrides:keys:)``.
    ///   - logger: Where to warn of misspelled keys.
    /// - Throws: ``ConfigurationError`` that names the key, the value and the expected form.
    public static func load(files: [String]? = nil, logger: Logger? = nil) async throws(ConfigurationError) -> ServingSettings {
        let reader = try await SettingsReader(files: files)
        for warning in reader.warnings { logger?.warning("\(warning)") }
        return try ServingSettings(from: reader)
    }

    /// Reads settings by the keys of ``SettingKey/all``, and refuses what could not work.
    ///
    /// - Throws: ``ConfigurationError`` that names the key, the value unless it may be secret, and the expected form.
    public init(from reader: SettingsReader) throws(ConfigurationError) {
        self.init()
        rabbitTLS = try reader.tls("RABBIT")
        // Unless told otherwise RabbitMQ listens for TLS on this port.
        if rabbitTLS != nil { rabbitNodes = [ServerNode(host: "localhost", port: 5_671)] }
        rabbitNodes = try reader.nodes("RABBIT_NODES", default: rabbitNodes)
        rabbitAuthentication = try reader.choice("RABBIT_AUTH_MECHANISM", default: rabbitAuthentication)
        if rabbitAuthentication == .external, rabbitTLS?.certificateFile == nil {
            let message = "external needs a certificate: set RABBIT_TLS to 1, RABBIT_TLS_CERTIFICATE_FILE and RABBIT_TLS_KEY_FILE"
            throw ConfigurationError(key: "RABBIT_AUTH_MECHANISM", message: message)
        }
        rabbitUser = reader.string("RABBIT_USER") ?? rabbitUser
        rabbitPassword = try reader.secret("RABBIT_PASSWORD").map { Secret($0) } ?? rabbitPassword
        rabbitVirtualHost = reader.string("RABBIT_VHOST") ?? rabbitVirtualHost
        rabbitHeartbeat = .seconds(try reader.integer("RABBIT_HEARTBEAT_TIMEOUT", default: Self.heartbeat(of: rabbitNodes), in: 1...65_535))
        rabbitBlockedTimeout = try reader.seconds("RABBIT_BLOCKED_CONNECTION_TIMEOUT", default: rabbitBlockedTimeout)
        redisTLS = try reader.tls("REDIS")
        redisNodes = try reader.nodes("REDIS_NODES", default: redisNodes)
        redisUser = reader.string("REDIS_USER")
        redisPassword = try reader.secret("REDIS_PASSWORD").map { Secret($0) }
        redisDatabase = try reader.integer("REDIS_DATABASE", default: 0, in: 0...65_535)
        redisSentinels = try SentinelSettings.read(from: reader)
        redisIsCluster = try reader.flag("REDIS_CLUSTER", default: false)
        exchangeName = reader.string("EXCHANGE_NAME") ?? exchangeName
        exchangeType = reader.string("EXCHANGE_TYPE") ?? exchangeType
        queueDeclaration = try reader.choice("QUEUE_DECLARE", default: queueDeclaration)
        consumer = try Self.consumer(from: reader)
        producer = try Self.producer(from: reader, exchange: exchangeName, queue: consumer.queue.name)
        consumer.usesStore =
            producer.resultMode == .store || consumer.resultQueue != nil
            || (consumer.dialect as? CeleryDialect)?.needsOneRedisServer == true
        try refuseImpossibleNames(reader)
        try refuseContradictions(reader)
    }

    /// Where there are other nodes to go to, a silent one is left sooner.
    private static func heartbeat(of nodes: [ServerNode]) -> Int {
        nodes.count > 1 ? 10 : 60
    }

    private static func consumer(from reader: SettingsReader) throws(ConfigurationError) -> ConsumerConfiguration {
        let kind = try reader.choice("QUEUE_TYPE", default: QueueDefinition.Kind.quorum)
        // A queue shared with the template's programs is declared without arguments, or not at all.
        let length = try reader.integer("MAX_QUEUE_LENGTH", default: kind == .classic ? 0 : 100_000, in: 0 ... .max)
        let name = reader.string("QUEUE_NAME") ?? "task_queue"
        let concurrency = try reader.integer("PREDICT_CONCURRENCY", default: 0, in: 0...1_024)
        var configuration = ConsumerConfiguration(
            queue: QueueDefinition(name: name, kind: kind, maximumLength: length == 0 ? nil : length),
            prefetch: try reader.integer("PREFETCH_COUNT", default: 10, in: 1...65_535),
            concurrency: concurrency == 0 ? nil : concurrency,
            resultTimeToLive: try reader.seconds("REDIS_TTL", default: .seconds(60)),
            gracePeriod: try reader.seconds("GRACE_PERIOD", default: .seconds(30)),
            retries: try retries(from: reader),
            maximumCrashes: try reader.integer("MAX_CRASHES", default: 3, in: 2...100)
        )
        configuration.maximumResultTimeToLive = try reader.seconds("REDIS_TTL_MAX", default: configuration.maximumResultTimeToLive)
        configuration.compression = try compression(from: reader)
        configuration.maximumHeldBytes = try reader.integer("MAX_HELD_BYTES", default: configuration.maximumHeldBytes, in: 1 ... .max)
        configuration.answers = try AnswerPolicy.read(from: reader)
        if let celery = try CeleryConfiguration.read(from: reader) {
            configuration.answers.celeryKeyPrefix = celery.keyPrefix
            configuration.dialect = CeleryDialect(celery)
            configuration.resultTimeToLive = try reader.seconds("REDIS_TTL", default: .seconds(86_400))
        }
        configuration.batching = try batching(from: reader)
        configuration.resultCacheTimeToLive = try resultCacheTimeToLive(from: reader)
        configuration.resultQueue = reader.string("CACHE_QUEUE_NAME").map {
            ResultQueue(name: $0, keyPrefix: reader.string("RESULT_PREFIX") ?? "mlserving")
        }
        return configuration
    }

    private static func retries(from reader: SettingsReader) throws(ConfigurationError) -> RetryPolicy {
        let longest = try reader.seconds("RETRY_MAX_DELAY", default: .seconds(60))
        guard longest <= .seconds(86_400) else { throw reader.error("RETRY_MAX_DELAY", "is longer than a day, 86400 s") }
        let base = try reader.seconds("RETRY_BASE_DELAY", default: min(.seconds(1), longest))
        guard base <= longest else { throw reader.error("RETRY_BASE_DELAY", "is longer than RETRY_MAX_DELAY") }
        let attempts = try reader.integer("RETRY_MAX_ATTEMPTS", default: 3, in: 1...1_000)
        return RetryPolicy(maximumAttempts: attempts, baseDelay: base, maximumDelay: longest)
    }

    /// Zero counts as a value here, which the reader's own form for times refuses.
    private static func resultCacheTimeToLive(from reader: SettingsReader) throws(ConfigurationError) -> Duration? {
        let seconds = try reader.integer("RESULT_CACHE_TTL", default: -1, in: 0...1_000_000_000)
        return seconds < 0 ? nil : .seconds(seconds)
    }

    private static func batching(from reader: SettingsReader) throws(ConfigurationError) -> BatchOverrides {
        // Nothing given and nothing wanted are different things here.
        func milliseconds(_ key: String) throws(ConfigurationError) -> Duration? {
            let value = try reader.integer(key, default: -1, in: 0...86_400_000)
            return value < 0 ? nil : .milliseconds(value)
        }
        let count = try reader.integer("MAX_BATCH_SIZE", default: 0, in: 1...65_535)
        return BatchOverrides(
            maximumCount: count == 0 ? nil : count,
            maximumDelay: try milliseconds("MAX_BATCH_DELAY"),
            targetLatency: try milliseconds("TARGET_LATENCY")
        )
    }

    private static func coalescing(from reader: SettingsReader) throws(ConfigurationError) -> Coalescing? {
        let count = try reader.integer("COALESCE", default: 0, in: 0...10_000)
        let window = try reader.integer("COALESCE_WINDOW_MS", default: 1, in: 0...10_000)
        return count > 1 ? Coalescing(maximumCount: count, window: .milliseconds(window)) : nil
    }

    private static func compression(from reader: SettingsReader) throws(ConfigurationError) -> PayloadCompression {
        PayloadCompression(minimumByteCount: try reader.integer("COMPRESSION_MINIMUM", default: 16_384, in: 0 ... .max))
    }

    private static func producer(from reader: SettingsReader, exchange: String, queue: String) throws(ConfigurationError)
        -> ProducerConfiguration
    {
        let messaging = try reader.choice("PRODUCER_PROTOCOL", default: MessagingProtocol.native)
        let isQueueOnly = try reader.flag("QUEUE_ONLY", default: messaging == .templateQueue)
        if let resultMode = messaging.resultMode, isQueueOnly != (resultMode == .queue) {
            let message = "\(messaging.rawValue) contradicts QUEUE_ONLY=\(isQueueOnly ? 1 : 0)"
            throw ConfigurationError(key: "PRODUCER_PROTOCOL", message: message)
        }
        var configuration = ProducerConfiguration(
            route: Route(exchange: exchange, routingKey: queue),
            resultMode: isQueueOnly ? .queue : .store,
            dialect: messaging == .native ? .native : .template,
            resultQueue: reader.string("CACHE_QUEUE_NAME").map { Route(exchange: exchange, routingKey: $0) },
            timeout: try reader.milliseconds("RABBIT_TTL", default: .seconds(60)),
            keyPrefix: reader.string("RESULT_PREFIX") ?? "mlserving",
            maximumInFlight: try reader.integer("MAX_IN_FLIGHT", default: 4_096, in: 1...1_000_000),
            pollInterval: try reader.seconds("CACHE_POOLING_TIMEOUT", default: .milliseconds(100)),
            coalescing: try coalescing(from: reader)
        )
        if try reader.flag("COMPRESSION", default: false) { configuration.compression = try compression(from: reader) }
        return configuration
    }
}

/// What `PRODUCER_PROTOCOL` can be.
private enum MessagingProtocol: String, CaseIterable {
    case native
    case templateStore = "template-store"
    case templateQueue = "template-queue"

    /// How results come back, where the protocol decides on it.
    var resultMode: ProducerConfiguration.ResultMode? {
        switch self {
        case .native: nil
        case .templateStore: .store
        case .templateQueue: .queue
        }
    }
}
