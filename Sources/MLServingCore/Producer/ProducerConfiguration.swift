/// How a ``ProducerClient`` asks for predictions.
public struct ProducerConfiguration: Sendable {
    /// How results come back.
    public enum ResultMode: String, Sendable, Hashable, CaseIterable {
        /// Under a key of the store, announced by a notification.
        case store
        /// As a reply through the broker. Such a client needs to reach the broker only, and cannot submit work for later.
        case queue
    }

    /// The queue that requests go to; the consumer has created it.
    public var route: Route

    /// How results come back.
    public var resultMode: ResultMode

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

    /// The encoding of requests, and of their results.
    public var codec: any PayloadCodec

    /// Configures a producer.
    ///
    /// - Parameters:
    ///   - route: Where requests go.
    ///   - resultMode: How results come back.
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
        self.timeout = timeout
        self.keyPrefix = keyPrefix
        self.maximumInFlight = maximumInFlight
        self.sweepInterval = sweepInterval
        self.pollInterval = pollInterval
        self.coalescing = coalescing
        self.codec = codec
    }
}
