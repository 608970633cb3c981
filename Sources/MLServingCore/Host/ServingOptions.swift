/// How one model of a ``ModelHost`` is served, in place of what the host's configuration and the predictor's type say; `nil`: as those say.
public struct ServingOptions: Sendable {
    /// How many requests of the model the host holds at most.
    public var prefetch: Int?

    /// How many predictions or batches of the model run at once, each on a thread of its own.
    public var concurrency: Int?

    /// What is set in place of the predictor's limits on batches.
    public var batching: BatchOverrides?

    /// How long the outputs of a predictor that shares its results are kept; zero: not at all.
    public var resultCacheTimeToLive: Duration?

    /// Whether predictions run on the thread of the connections, see ``Predictor/isQuick``.
    public var isQuick: Bool?

    /// What the model says of itself where it is announced.
    public var description: ModelDescription

    /// Serves a model as the host's configuration and its type say, but for what is given.
    public init(
        prefetch: Int? = nil, concurrency: Int? = nil, batching: BatchOverrides? = nil, resultCacheTimeToLive: Duration? = nil,
        isQuick: Bool? = nil, description: ModelDescription = ModelDescription()
    ) {
        self.prefetch = prefetch
        self.concurrency = concurrency
        self.batching = batching
        self.resultCacheTimeToLive = resultCacheTimeToLive
        self.isQuick = isQuick
        self.description = description
    }

    /// The configuration of a model's consumer.
    ///
    /// - Parameters:
    ///   - configuration: That of the host.
    ///   - model: The model; `nil`: whatever the host's own queue is for.
    func applied(to configuration: ConsumerConfiguration, for model: ModelAddress?) -> ConsumerConfiguration {
        var configuration = configuration
        if let model { configuration.serve(model) }
        if let prefetch { configuration.prefetch = max(1, prefetch) }
        if let concurrency { configuration.concurrency = concurrency }
        if let batching { configuration.batching = batching }
        if let resultCacheTimeToLive { configuration.resultCacheTimeToLive = resultCacheTimeToLive }
        return configuration
    }
}

extension ConsumerConfiguration {
    /// Serves a model from its own queue, which otherwise is like this one's.
    fileprivate mutating func serve(_ model: ModelAddress) {
        self.model = model
        queue.name = model.queue
        deadLetterQueue?.name = model.queue + ".dead-letters"
    }
}
