// One line a key, so that the table reads as one.
// swift-format-ignore
extension SettingKey {
    /// The keys that MLServing's own programs and ``ServingSettings`` read, in the order of `variables.env`.
    ///
    /// A program that reads keys of its own hands these and its own to ``SettingsReader/init(files:overrides:keys:)``.
    public static let all: [SettingKey] = rabbitMQ + redis + queue + consumers + producers + programs

    private static let rabbitMQ: [SettingKey] = [
        SettingKey("RABBIT_NODES", "(host:port …)", "(localhost:5672)", .all, "RabbitMQ nodes, tried in random order; with TLS the default port is 5671"),
        SettingKey("RABBIT_USER", "text", "guest", .all, "the RabbitMQ user"),
        SettingKey("RABBIT_PASSWORD", "text", "guest", .all, isSecret: true, "the user's password"),
        SettingKey("RABBIT_VHOST", "text", "/", .all, "the virtual host"),
        SettingKey("RABBIT_TTL", "ms", "60000", .all, "how long a caller waits at most, and a request lives"),
        SettingKey("RABBIT_HEARTBEAT_TIMEOUT", "s", "60", .all, "the interval of heartbeats, 1 to 65535, with several nodes 10; a node that is silent for two is left"),
        SettingKey("RABBIT_BLOCKED_CONNECTION_TIMEOUT", "s", "300", .all, "how long a publish waits for a broker that is short of memory or disk"),
        SettingKey("RABBIT_TLS", "0, 1", "0", .all, "1: connections to RabbitMQ are encrypted"),
        SettingKey("RABBIT_TLS_CA_FILE", "PEM file", nil, .all, "the authorities to trust, instead of the system's"),
        SettingKey("RABBIT_TLS_CERTIFICATE_FILE", "PEM file", nil, .all, "our certificate with its chain"),
        SettingKey("RABBIT_TLS_KEY_FILE", "PEM file", nil, .all, "our private key"),
        SettingKey("RABBIT_TLS_KEY_PASSWORD", "text", nil, .all, isSecret: true, "what the key is encrypted with"),
        SettingKey("RABBIT_TLS_VERIFY", "full, authority, none", "full", .all, "what is checked of the server's certificate"),
        SettingKey("RABBIT_TLS_SERVER_NAME", "text", nil, .all, "the name that the server's certificate must be for, instead of the host"),
        SettingKey("RABBIT_AUTH_MECHANISM", "plain, external", "plain", .all, "login by password or by certificate"),
    ]

    private static let redis: [SettingKey] = [
        SettingKey("REDIS_NODES", "(host:port …)", "(localhost:6379)", .all, "Redis servers, of which the first that takes writes is used"),
        SettingKey("REDIS_CLUSTER", "0, 1", "0", .all, "1: REDIS_NODES are nodes of a Redis Cluster, which tells of the others"),
        SettingKey("REDIS_SENTINEL_NODES", "(host:port …)", nil, .all, "sentinels to ask for the master, instead of REDIS_NODES"),
        SettingKey("REDIS_SENTINEL_MASTER", "text", "mymaster", .all, "the name by which the sentinels watch it"),
        SettingKey("REDIS_SENTINEL_USER", "text", nil, .all, "the user at the sentinels"),
        SettingKey("REDIS_SENTINEL_PASSWORD", "text", nil, .all, isSecret: true, "the password at the sentinels"),
        SettingKey("REDIS_USER", "text", nil, .all, "the Redis ACL user"),
        SettingKey("REDIS_PASSWORD", "text", nil, .all, isSecret: true, "the Redis password"),
        SettingKey("REDIS_DATABASE", "0 to 65535", "0", .all, "the Redis database"),
        SettingKey("REDIS_TTL", "s", "60", .consumers, "how long results are kept if the request does not say; with CELERY=1 86400"),
        SettingKey("REDIS_TTL_MAX", "s", "604800", .consumers, "how long results are kept at most, whatever a request says"),
        SettingKey("RESULT_CACHE_TTL", "s", nil, .consumers, "how long outputs are kept for equal inputs, if the predictor shares them; 0: not at all"),
        SettingKey("COMPRESSION", "0, 1", "0", .producers, "1: a client takes compressed results, and compresses requests for consumers that take those"),
        SettingKey("COMPRESSION_MINIMUM", "bytes", "16384", .all, "the size below which a request or a result is not compressed"),
        SettingKey("RESULT_PREFIX", "text", "mlserving", .all, "what the keys of results begin with"),
        SettingKey("RESULT_PREFIXES", "texts", nil, .consumers, "further prefixes that a consumer stores results under, separated by commas or spaces"),
        SettingKey("REDIS_TLS", "0, 1", "0", .all, "1: connections to Redis are encrypted"),
        SettingKey("REDIS_TLS_CA_FILE", "PEM file", nil, .all, "the authorities to trust, instead of the system's"),
        SettingKey("REDIS_TLS_CERTIFICATE_FILE", "PEM file", nil, .all, "our certificate with its chain"),
        SettingKey("REDIS_TLS_KEY_FILE", "PEM file", nil, .all, "our private key"),
        SettingKey("REDIS_TLS_KEY_PASSWORD", "text", nil, .all, isSecret: true, "what the key is encrypted with"),
        SettingKey("REDIS_TLS_VERIFY", "full, authority, none", "full", .all, "what is checked of the server's certificate"),
        SettingKey("REDIS_TLS_SERVER_NAME", "text", nil, .all, "the name that the server's certificate must be for, instead of the host"),
    ]

    private static let queue: [SettingKey] = [
        SettingKey("QUEUE_NAME", "text", "task_queue", .all, "the queue of requests"),
        SettingKey("QUEUE_TYPE", "quorum, classic", "quorum", .all, "the kind of queue; classic to share it with older Python programs"),
        SettingKey("MAX_QUEUE_LENGTH", "number", "100000", .consumers, "how many messages may wait; 0, and the default of a classic queue: without bound"),
        SettingKey("QUEUE_DECLARE", "auto | passive", "auto", .consumers, "passive: queues and exchange are made by somebody else, and only looked for"),
        SettingKey("EXCHANGE_NAME", "text", nil, .all, "the exchange in front of the queue, instead of the default exchange"),
        SettingKey("EXCHANGE_TYPE", "text", "direct", .all, "the type of that exchange"),
    ]

    private static let consumers: [SettingKey] = [
        SettingKey("PREFETCH_COUNT", "1 to 65535", "10", .consumers, "how many requests a consumer holds"),
        SettingKey("MAX_HELD_BYTES", "bytes", "268435456", .consumers, "how many bytes of request bodies a consumer holds expanded, with 1024 more for each input of a list"),
        SettingKey("REPLY_QUEUES", "texts", nil, .consumers, "patterns of further queues that a consumer sends replies to, separated by commas or spaces"),
        SettingKey("PREDICT_CONCURRENCY", "0 to 1024", "0", .consumers, "predictions at once; 0: one for predictors of batches, else one for each processor"),
        SettingKey("MAX_BATCH_SIZE", "1 to 65535", nil, .consumers, "the most inputs in a batch, instead of what the predictor says"),
        SettingKey("MAX_BATCH_DELAY", "ms", nil, .consumers, "how long a batch waits for more inputs although a thread is free, instead of what the predictor says"),
        SettingKey("TARGET_LATENCY", "ms", nil, .consumers, "the time from arrival to prediction that batches are kept small for; 0: none"),
        SettingKey("GRACE_PERIOD", "s", "30", .consumers, "how long running predictions may take after the signal to end"),
        SettingKey("RETRY_MAX_ATTEMPTS", "1 to 1000", "3", .consumers, "how many times a request is tried in all, if its error is retryable"),
        SettingKey("RETRY_BASE_DELAY", "s", "1", .consumers, "the bound on the delay before the second attempt; it doubles with each"),
        SettingKey("RETRY_MAX_DELAY", "s", "60", .consumers, "the bound on the delay before any attempt"),
        SettingKey("MAX_CRASHES", "2 to 100", "3", .consumers, "how many consumers a request may cost before it rests with the dead letters"),
        SettingKey("HEALTH_PORT", "1 to 65535", nil, .consumers, "a port for /live, /ready and /metrics"),
        SettingKey("HEALTH_HOST", "IP address", "127.0.0.1", .consumers, "the address to listen on for them"),
        SettingKey("HEALTH_BROKER_LIMIT", "s", "60", .consumers, "how long the broker may not know a consumer before /live says no"),
        SettingKey("HEALTH_PROGRESS_LIMIT", "s", "300", .consumers, "how long a prediction may run, and work wait without progress, before /live says no"),
        SettingKey("CACHE_QUEUE_NAME", "text", nil, .all, "a queue by which clients that reach RabbitMQ only fetch stored results"),
        SettingKey("CELERY", "0, 1", "0", .consumers, "1: tasks of Celery applications are served, too"),
        SettingKey("CELERY_TASKS", "names", "predict", .consumers, "the names of those tasks, separated by commas"),
        SettingKey("CELERY_RESULT_BACKEND", "redis, rpc", "redis", .consumers, "where Celery applications look for results"),
        SettingKey("CELERY_RESULT_SERIALIZER", "json, pickle", "json", .consumers, "how results are written for them"),
        SettingKey("CELERY_RESULT_PREFIX", "text", nil, .consumers, "what they put before all keys"),
        SettingKey("CELERY_WORKER_NAME", "text", nil, .consumers, "what Flower calls the consumer, instead of celery-<pid>@<host>"),
        SettingKey("CELERY_TASK_EVENTS", "0, 1", "0", .consumers, "1: the consumer tells of tasks from the start"),
    ]

    private static let producers: [SettingKey] = [
        SettingKey("QUEUE_ONLY", "0, 1", "0", .producers, "1: results come as replies instead of through Redis"),
        SettingKey("PRODUCER_PROTOCOL", "native, template-store, template-queue", "native", .producers, "how producers ask: as MLServing's, or as the template's programs"),
        SettingKey("CACHE_POOLING_TIMEOUT", "s", "0.1", .producers, "how often results are read while Redis cannot announce them"),
        SettingKey("MAX_IN_FLIGHT", "1 to 1000000", "4096", .producers, "how many messages a client has under way at once, for each model"),
        SettingKey("COALESCE", "0 to 10000", "0", .producers, "how many calls of a client may share a message; 0: none"),
        SettingKey("COALESCE_WINDOW_MS", "0 to 10000", "1", .producers, "how many milliseconds a call waits for company at most, unless nothing is in flight"),
    ]

    private static let programs: [SettingKey] = [
        SettingKey("LOG_LEVEL", "level", nil, .all, "trace, debug, info, notice, warning, error or critical; default info for services, warning for commands that ask"),
        SettingKey("LOG_FORMAT", "text, json", "text", .all, "how lines of the log are written"),
        SettingKey("LOG_FILE", "path", nil, .all, "the file that the log goes to, instead of standard error"),
        SettingKey("LOG_FILE_SIZE", "bytes", "10485760", .all, "how large that file grows before it is put aside as <path>.1"),
        SettingKey("LOG_FILE_COUNT", "0 to 1000", "5", .all, "how many such older files are kept"),
        SettingKey("MLSERVING_ENV_FILES", "paths", nil, .all, "the environment files, separated by colons, instead of variables.env; read from the environment only"),
    ]
}
