internal import Celery
import MLServingCore

extension ServingSettings {
    /// Reads settings from the process environment and from environment files, the environment first.
    ///
    /// - Parameter files: The files; see ``SettingsReader/init(files:)``.
    /// - Throws: ``ConfigurationError`` that names the key, the value and the expected form.
    public static func load(files: [String]? = nil) async throws(ConfigurationError) -> ServingSettings {
        try ServingSettings(from: try await SettingsReader(files: files))
    }

    /// Reads settings.
    ///
    /// | key | form | default | meaning |
    /// |---|---|---|---|
    /// | `RABBIT_NODES` | `(host:port …)` | `(localhost:5672)`, with TLS 5671 | RabbitMQ nodes, tried in random order |
    /// | `RABBIT_TLS` | 0, 1 | 0 | whether connections to RabbitMQ are encrypted; the keys below refine it, and `REDIS_TLS…` are alike |
    /// | `RABBIT_TLS_CA_FILE` | PEM file | the system's | authorities to trust |
    /// | `RABBIT_TLS_CERTIFICATE_FILE`, `RABBIT_TLS_KEY_FILE` | PEM files | none | our certificate with its chain, and its private key |
    /// | `RABBIT_TLS_KEY_PASSWORD` | text | none | what the key is encrypted with; `RABBIT_TLS_KEY_PASSWORD_FILE` names a file instead |
    /// | `RABBIT_TLS_VERIFY` | `full`, `authority`, `none` | `full` | what is checked of the server's certificate |
    /// | `RABBIT_TLS_SERVER_NAME` | text | the host | the name that the server's certificate must be for |
    /// | `RABBIT_AUTH_MECHANISM` | `plain`, `external` | `plain` | login by password or by certificate |
    /// | `RABBIT_USER`, `RABBIT_PASSWORD` | text | `guest` | credentials; `RABBIT_PASSWORD_FILE` names a file instead |
    /// | `RABBIT_VHOST` | text | `/` | virtual host |
    /// | `RABBIT_HEARTBEAT_TIMEOUT` | s | 60, of several nodes 10 | interval of heartbeats, 1 to 65535; a node silent for two is left |
    /// | `RABBIT_BLOCKED_CONNECTION_TIMEOUT` | s | 300 | how long a publish waits for a broker short of memory or disk |
    /// | `RABBIT_TTL` | ms | 60000 | how long a caller waits, and a request lives |
    /// | `REDIS_NODES` | `(host:port …)` | `(localhost:6379)` | Redis servers, the first that takes writes is used |
    /// | `REDIS_SENTINEL_NODES` | `(host:port …)` | none | sentinels to ask for the master, instead of `REDIS_NODES` |
    /// | `REDIS_SENTINEL_MASTER` | text | `mymaster` | the name by which the sentinels watch it |
    /// | `REDIS_SENTINEL_USER`, `REDIS_SENTINEL_PASSWORD` | text | none | credentials at the sentinels; `…_FILE` as below |
    /// | `REDIS_CLUSTER` | 0, 1 | 0 | 1: `REDIS_NODES` are nodes of a Redis Cluster, which tells of the others |
    /// | `REDIS_USER`, `REDIS_PASSWORD` | text | none | credentials; `REDIS_PASSWORD_FILE` names a file instead |
    /// | `REDIS_DATABASE` | number | 0 | Redis database |
    /// | `REDIS_TTL` | s | 60 | how long results are kept |
    /// | `QUEUE_NAME` | text | `task_queue` | queue of requests |
    /// | `QUEUE_TYPE` | `quorum`, `classic` | `quorum` | kind of queue; `classic` to share it with older Python programs |
    /// | `MAX_QUEUE_LENGTH` | number | 100000, none if classic | messages that may wait; 0: without bound |
    /// | `EXCHANGE_NAME`, `EXCHANGE_TYPE` | text | none, `direct` | exchange in front of the queue |
    /// | `PREFETCH_COUNT` | number | 10 | requests that a consumer holds |
    /// | `PREDICT_CONCURRENCY` | number | 1 for batch predictors, else the processors | predictions at once |
    /// | `MAX_BATCH_SIZE` | number | what the predictor says | inputs in a batch |
    /// | `MAX_BATCH_DELAY` | ms | what the predictor says | how long a batch waits for more inputs although a thread is free; 0: not at all |
    /// | `TARGET_LATENCY` | ms | what the predictor says | the time from arrival to prediction that batches are kept small for; 0: none |
    /// | `RESULT_CACHE_TTL` | s | what the predictor says | how long outputs are kept for equal inputs, if it shares them; 0: not at all |
    /// | `GRACE_PERIOD` | s | 30 | how long running predictions may take on shutdown |
    /// | `RETRY_MAX_ATTEMPTS` | number | 3 | how many times a request is tried in all, if its error is retryable |
    /// | `RETRY_BASE_DELAY`, `RETRY_MAX_DELAY` | s | 1, 60 | bound on the delay before the second attempt, and before any; it doubles |
    /// | `MAX_CRASHES` | number | 3 | how many consumers a request may cost before it rests with the dead letters, 2 to 100 |
    /// | `QUEUE_ONLY` | 0, 1 | 0 | results by reply instead of through Redis |
    /// | `PRODUCER_PROTOCOL` | `native`, `template-store`, `template-queue` | `native` | how producers ask: as ours, or as the template's programs |
    /// | `CELERY` | 0, 1 | 0 | 1: a consumer serves tasks of Celery, too: `docs/celery.md` |
    /// | `CELERY_TASKS` | texts | `predict` | the names of those tasks, separated by commas |
    /// | `CELERY_RESULT_BACKEND` | `redis`, `rpc` | `redis` | where Celery applications look for results |
    /// | `CELERY_RESULT_SERIALIZER` | `json`, `pickle` | `json` | how results are written for them |
    /// | `CELERY_RESULT_PREFIX` | text | none | what they put before all keys |
    /// | `CELERY_WORKER_NAME` | text | `celery-<pid>@<host>` | what Flower calls the consumer |
    /// | `CELERY_TASK_EVENTS` | 0, 1 | 0 | 1: it tells of tasks from the start |
    /// | `CACHE_QUEUE_NAME` | text | none | a queue by which those who reach RabbitMQ only fetch stored results |
    /// | `CACHE_POOLING_TIMEOUT` | s | 0.1 | how often results are read if Redis cannot announce them |
    /// | `RESULT_PREFIX` | text | `mlserving` | what result keys begin with |
    /// | `MAX_IN_FLIGHT` | number | 4096 | messages that a client has under way at once |
    /// | `COMPRESSION` | 0, 1 | 0 | 1: a client takes compressed results, and compresses requests for consumers that take those |
    /// | `COMPRESSION_MINIMUM` | number | 16384 | bytes below which a request or a result is not compressed |
    /// | `COALESCE` | number | 0 | how many calls of a client may share a message; 0 and 1: none |
    /// | `COALESCE_WINDOW_MS` | number | 1 | how many milliseconds a call waits for company at most, unless nothing is in flight |
    ///
    /// - Throws: ``ConfigurationError`` that names the key, the value and the expected form.
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
        consumer = try Self.consumer(from: reader)
        producer = try Self.producer(from: reader, exchange: exchangeName, queue: consumer.queue.name)
        consumer.usesStore =
            producer.resultMode == .store || consumer.resultQueue != nil
            || (consumer.dialect as? CeleryDialect)?.needsOneRedisServer == true
        try refuseContradictions()
    }

    /// Where there are other nodes to go to, a silent one is left sooner.
    private static func heartbeat(of nodes: [ServerNode]) -> Int {
        nodes.count > 1 ? 10 : 60
    }

    private func refuseContradictions() throws(ConfigurationError) {
        guard redisIsCluster else { return }
        if redisDatabase != 0 {
            throw ConfigurationError(key: "REDIS_DATABASE", message: "\(redisDatabase) is not 0, the only database of a Redis Cluster")
        }
        if redisSentinels != nil {
            throw ConfigurationError(key: "REDIS_CLUSTER", message: "1 contradicts REDIS_SENTINEL_NODES; a Redis Cluster has no sentinels")
        }
        if producer.dialect == .template, producer.resultMode == .store {
            let message = "template-store needs one Redis server: its keys have nothing that keeps them on one node of a cluster"
            throw ConfigurationError(key: "PRODUCER_PROTOCOL", message: message)
        }
        if (consumer.dialect as? CeleryDialect)?.needsOneRedisServer == true {
            let message = "1 needs one Redis server, or CELERY_RESULT_BACKEND=rpc: Celery's keys have nothing that keeps them on one node"
            throw ConfigurationError(key: "CELERY", message: message)
        }
        // Empty braces before those of the producer's id make them void.
        if producer.keyPrefix.drop(while: { $0 != "{" }).hasPrefix("{}") {
            throw ConfigurationError(
                key: "RESULT_PREFIX", message: "\(producer.keyPrefix) would spread the keys of a producer over the cluster; leave out {}")
        }
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
            retries: RetryPolicy(
                maximumAttempts: try reader.integer("RETRY_MAX_ATTEMPTS", default: 3, in: 1...1_000),
                baseDelay: try reader.seconds("RETRY_BASE_DELAY", default: .seconds(1)),
                maximumDelay: try reader.seconds("RETRY_MAX_DELAY", default: .seconds(60))
            ),
            maximumCrashes: try reader.integer("MAX_CRASHES", default: 3, in: 2...100)
        )
        configuration.compression = try compression(from: reader)
        if let celery = try CeleryConfiguration.read(from: reader) {
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
