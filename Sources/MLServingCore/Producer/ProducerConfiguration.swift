/// How a ``ProducerClient`` asks for predictions.
public struct ProducerConfiguration: Sendable {
    /// How results come back.
    public enum ResultMode: String, Sendable, Hashable, CaseIterable {
        /// Under a key of the store, announced by a notification.
        case store
        /// As a reply through the broker. Such a client needs to reach the broker only, and cannot submit work for later.
        case queue
    }

    /// What requests and answers look like.
    public enum Dialect: String, Sendable, Hashable, CaseIterable {
        /// As `docs/architecture.md` has it.
        case native
        /// As the Python programs of the template have it: pickled, with `X-Message-Id` or a reply address, answered by the bare output.
        ///
        /// A consumer of the template knows no deadlines but the message's own, no cancellation, no several inputs in a message, and does not
        /// answer a request that fails. Inputs of a batch therefore travel one by one, and a request that is sent again may be predicted again.
        case template
    }

    /// The queue that requests go to; the consumer has created it.
    public var route: Route

    /// How results come back.
    public var resultMode: ResultMode

    /// What requests and answers look like. In the template's dialect the codec is pickle, and calls are not coalesced.
    public var dialect: Dialect

    /// The queue by which results are fetched when ``resultMode`` is `queue`: then work can be submitted for later, too; `nil`: there is none.
    public var resultQueue: Route?

    /// How long a caller waits when it does not say.
    public var timeout: Duration

    /// What result keys begin with: `<prefix>:{<producer id>}:<request id>`.
    public var keyPrefix: String

    /// How many requests may be under way at once; more wait for their turn, within their deadlines (G10).
    public var maximumInFlight: Int

    /// How often results are read without having been announced, in case an announcement was lost (G3).
    public var sweepInterval: Duration

    /// How often results are read when the store cannot announce them.
    public var pollInterval: Duration

    /// How calls that come together share a message; `nil` to give each its own.
    public var coalescing: Coalescing?

    /// From which size on requests are compressed, and whether results may be; `nil`: nothing is.
    public var compression: PayloadCompression?

    /// The encoding of requests, and of their results unless ``replyContentType`` says otherwise.
    public var codec: any PayloadCodec

    /// The encoding that results are to have; `nil`: that of the requests. MessagePack, JSON and pickle are understood here.
    public var replyContentType: ContentType?

    /// Configures a producer.
    ///
    /// - Parameters:
    ///   - route: Where requests go.
    ///   - resultMode: How results come back.
    ///   - dialect: What requests and answers look like.
    ///   - resultQueue: The queue by which results are fetched when they do not come through the store.
    ///   - timeout: How long a caller waits when it does not say.
    ///   - keyPrefix: What result keys begin with.
    ///   - maximumInFlight: How many requests may be under way at once.
    ///   - sweepInterval: How often results are read without having been announced.
    ///   - pollInterval: How often results are read when the store cannot announce them.
    ///   - coalescing: How calls that come together share a message; `nil` to give each its own.
    ///   - codec: The encoding of requests and results.
    public init(
        route: Route = Route(routingKey: "task_queue"),
        resultMode: ResultMode = .store,
        dialect: Dialect = .native,
        resultQueue: Route? = nil,
        timeout: Duration = .seconds(60),
        keyPrefix: String = "mlserving",
        maximumInFlight: Int = 4_096,
        sweepInterval: Duration = .seconds(1),
        pollInterval: Duration = .milliseconds(100),
        coalescing: Coalescing? = nil,
        codec: any PayloadCodec = MessagePackCodec()
    ) {
        self.route = route
        self.resultMode = resultMode
        self.dialect = dialect
        self.resultQueue = resultQueue
        self.timeout = timeout
        self.keyPrefix = keyPrefix
        self.maximumInFlight = maximumInFlight
        self.sweepInterval = sweepInterval
        self.pollInterval = pollInterval
        self.coalescing = coalescing
        self.codec = codec
    }
}

extension ProducerConfiguration {
    /// The configuration without what its dialect cannot express.
    var consistent: ProducerConfiguration {
        guard dialect == .template else { return self }
        var copy = self
        if !(codec is PickleCodec) { copy.codec = PickleCodec() }
        copy.replyContentType = nil
        copy.coalescing = nil
        copy.compression = nil
        return copy
    }
}
