public import UnixSignals

/// How a ``ConsumerRunner`` consumes.
public struct ConsumerConfiguration: Sendable {
    /// The queue that requests come from. It is created when it does not exist.
    public var queue: QueueDefinition

    /// The model that is served, for whoever predicts, logs or asks; `nil`: it is called as the queue is.
    public var model: ModelAddress?

    /// How many requests the consumer holds at most, waiting, predicted or being stored.
    ///
    /// To fill a batch it has to be at least the batch's size.
    public var prefetch: Int

    /// How many predictions or batches run at once, each on a thread of its own.
    ///
    /// `nil`: one for a batch predictor, whose batches grow while one is predicted; else as many as there are processors.
    public var concurrency: Int?

    /// What is set in place of the predictor's limits on batches.
    public var batching = BatchOverrides()

    /// How long the outputs of a predictor that shares its results are kept, in place of what it says; zero: not at all.
    public var resultCacheTimeToLive: Duration?

    /// How long results are kept for whoever asked and did not say for how long.
    public var resultTimeToLive: Duration

    /// How long results are kept at most, whatever a request says (`REDIS_TTL_MAX`).
    public var maximumResultTimeToLive = Duration.seconds(604_800)

    /// How long running predictions may take to finish on shutdown.
    public var gracePeriod: Duration

    /// When failed requests are tried again.
    public var retries: RetryPolicy

    /// How many times a request may be what a consumer dies of, before it is answered with `crashed` and rests with the dead letters (G6).
    public var maximumCrashes: Int

    /// How consumers show that predictions of requests that were delivered before go on.
    var lifeSigns = LifeSigns()

    /// Whether results go to the store. A consumer whose clients all have their results as replies needs none, and is ready without.
    public var usesStore = true

    /// How often the consumer asks the broker what is in the queue, for its health and its metrics.
    public var statusInterval = Duration.seconds(5)

    /// Where requests rest that cannot be served, with the reason; `nil`: nowhere.
    public var deadLetterQueue: QueueDefinition?

    /// The queue by which clients that reach the broker only fetch stored results; `nil`: none is served.
    public var resultQueue: ResultQueue?

    /// Where answers may go. What a request names that this does not permit, nothing is stored under or sent to: the request rests with the dead
    /// letters.
    ///
    /// `RESULT_PREFIX`, `RESULT_PREFIXES` and `REPLY_QUEUES` set it.
    public var answers = AnswerPolicy()

    /// How many bytes of request bodies the consumer holds expanded at most (`MAX_HELD_BYTES`); bodies of up to 64 KiB do not count. Each input of
    /// a list counts for 1,024 bytes more than it has.
    ///
    /// What would exceed it waits, compressed, until other requests are done. A body that alone exceeds it is refused with `too_large`.
    public var maximumHeldBytes = 256 << 20

    /// The content types that are understood.
    public var codecs: PayloadCodecs

    /// From which size on results are compressed for clients that take compressed ones.
    public var compression = PayloadCompression()

    /// The messages of another system that are served, too.
    package var dialect: (any RequestDialect)?

    /// The signals on which ``ConsumerRunner/run()`` finishes what is running and returns. Empty: the host process sees to signals.
    public var gracefulShutdownSignals: [UnixSignal]

    /// Configures a consumer.
    ///
    /// - Parameters:
    ///   - queue: The queue of requests.
    ///   - prefetch: How many requests are held at most.
    ///   - concurrency: How many predictions run at once.
    ///   - resultTimeToLive: How long results are kept.
    ///   - gracePeriod: How long running predictions may take to finish on shutdown.
    ///   - retries: When failed requests are tried again.
    ///   - maximumCrashes: How many consumers a request may cost; at least 2, because at the first loss it is not known which request it was
    ///     for.
    ///   - codecs: The content types that are understood.
    ///   - gracefulShutdownSignals: The signals that end `run()`.
    public init(
        queue: QueueDefinition = QueueDefinition(name: "task_queue"),
        prefetch: Int = 10,
        concurrency: Int? = nil,
        resultTimeToLive: Duration = .seconds(60),
        gracePeriod: Duration = .seconds(30),
        retries: RetryPolicy = RetryPolicy(),
        maximumCrashes: Int = 3,
        codecs: PayloadCodecs = .standard,
        gracefulShutdownSignals: [UnixSignal] = [.sigterm, .sigint]
    ) {
        self.queue = queue
        self.prefetch = prefetch
        self.concurrency = concurrency
        self.resultTimeToLive = resultTimeToLive
        self.gracePeriod = gracePeriod
        self.retries = retries
        self.maximumCrashes = max(2, maximumCrashes)
        self.codecs = codecs
        self.gracefulShutdownSignals = gracefulShutdownSignals
        deadLetterQueue = QueueDefinition(
            name: queue.name + ".dead-letters",
            kind: queue.kind,
            maximumLength: 10_000,
            overflow: .dropOldest,
            messageTimeToLive: .seconds(7 * 24 * 3_600)
        )
    }

    /// How long the result of a request is kept.
    ///
    /// - Parameter wish: What the request says.
    func resultTimeToLive(_ wish: Duration?) -> Duration {
        wish.map { min($0, max(maximumResultTimeToLive, resultTimeToLive)) } ?? resultTimeToLive
    }

    /// How results are shared, with what is overridden.
    func caching(_ caching: ResultCaching) -> ResultCaching {
        var caching = caching
        caching.timeToLive = max(.zero, resultCacheTimeToLive ?? caching.timeToLive)
        return caching
    }
}
