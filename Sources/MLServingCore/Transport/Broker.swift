/// The message broker, as the serving core needs it.
public protocol Broker: Sendable {
    /// Creates a queue, unless one exists. It is created again should the broker lose it.
    ///
    /// A server's queue that exists with other properties is used as it is: an operator may have changed it, or the definition.
    ///
    /// - Returns: What is in the queue now.
    /// - Throws: ``TransportError`` with `mismatch` when a queue of that name has other properties, and does not serve.
    @discardableResult
    func declare(_ queue: QueueDefinition) async throws -> QueueStatus

    /// What is in a queue, without creating it.
    ///
    /// - Throws: ``TransportError`` with `notFound` when there is none.
    func status(of queue: String) async throws -> QueueStatus

    /// Publishes a message and calls `completion` when the broker has taken responsibility for it, or will not (G1).
    ///
    /// The order of publishes is kept. A message that no queue receives fails with `unroutable`, one that a full queue refuses with
    /// `overloaded`, one whose connection broke before the answer with `connectionLost`: it may or may not have arrived.
    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void)

    /// Finds out whether this side may publish at all, by a message that no queue receives.
    ///
    /// - Throws: ``TransportError`` with `notPermitted` when the user lacks the right; `CancellationError` at once when the task is cancelled,
    ///   also while the broker is away.
    func checkPublishing() async throws

    /// Lets messages reach a declared queue again whose exchange or binding somebody has deleted.
    ///
    /// - Throws: ``TransportError`` that says why they do not reach it.
    func restoreRoute(to queue: String) async throws

    /// Creates an exchange, unless one with the same properties exists. It is created again should the broker lose it.
    ///
    /// A server's exchange that exists with other properties is used as it is.
    ///
    /// - Throws: ``TransportError`` with `mismatch` when an exchange of that name has other properties, and does not serve; `refused` when
    ///   this broker has none.
    func declare(_ exchange: ExchangeDefinition) async throws

    /// Consumes what an exchange hands to everyone, by a queue of this consumer's own, which goes when nobody has consumed it for a minute.
    ///
    /// - Parameters:
    ///   - exchange: What hands the messages out.
    ///   - queue: The queue's name, which no other consumer may use.
    ///   - prefetch: How many deliveries may be unsettled at once.
    /// - Throws: ``TransportError`` with `refused` when this broker has no exchanges.
    func subscribe(to exchange: ExchangeDefinition, by queue: String, prefetch: Int) async throws -> any DeliverySource

    /// Starts to consume a queue.
    ///
    /// - Parameters:
    ///   - queue: The queue's name.
    ///   - prefetch: How many deliveries may be unsettled at once; the bound on everything that a consumer holds.
    func consume(_ queue: String, prefetch: Int) async throws -> any DeliverySource

    /// Opens a channel on which requests are sent and their replies come back, without a queue to name or to clean up.
    func openReplyChannel() async throws -> any ReplyChannel
}

extension Broker {
    /// A broker without users has nothing to find out.
    public func checkPublishing() async throws {}

    /// Without exchanges a queue is always reached by its name.
    public func restoreRoute(to queue: String) async throws {}

    /// Throws: exchanges are not what every broker has.
    public func declare(_ exchange: ExchangeDefinition) async throws {
        throw TransportError(code: .refused, message: "this broker has no exchanges")
    }

    /// Throws: exchanges are not what every broker has.
    public func subscribe(to exchange: ExchangeDefinition, by queue: String, prefetch: Int) async throws -> any DeliverySource {
        throw TransportError(code: .refused, message: "this broker has no exchanges")
    }

    /// Publishes a message and returns when the broker has confirmed it.
    ///
    /// - Throws: ``TransportError``.
    public func publish(_ message: Message, to route: Route) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            publish(message, to: route) { continuation.resume(with: $0.mapError { $0 }) }
        }
    }
}

/// The deliveries of one consumer.
///
/// A source survives reconnects. Settling a delivery of an earlier connection does nothing: the broker has put it back already.
public protocol DeliverySource: Sendable {
    /// All deliveries that have arrived, at least one; none when the source has been cancelled and everything has been handed out.
    func next() async throws -> [Delivery]

    /// Removes deliveries from the queue for good.
    func acknowledge(_ tags: [DeliveryTag])

    /// Gives deliveries back: to be delivered again, or to be dropped or dead-lettered as the queue is set up.
    func reject(_ tags: [DeliveryTag], requeue: Bool)

    /// Stops intake. Deliveries that have arrived are still handed out and can be settled.
    func cancel() async

    /// Ends the consumer. What has not been settled goes back to the queue, as if this side had been lost.
    func close() async

    /// Whether the broker knows this consumer now; to be asked from any thread.
    var registration: Registration { get }

    /// How often the broker took all unsettled deliveries back because one was not settled in time, as RabbitMQ does by its
    /// `consumer_timeout`. They come again as after a crash, which there was not. To be asked from any thread.
    var acknowledgementTimeouts: Int { get }
}

extension DeliverySource {
    /// Cancels: enough for a source whose connection ends with its consumer.
    public func close() async { await cancel() }

    /// None: not every broker does that.
    public var acknowledgementTimeouts: Int { 0 }
}

/// A channel on which one producer sends requests and receives their replies.
public protocol ReplyChannel: Sendable {
    /// Publishes a request whose `replyTo` this channel fills in.
    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void)

    /// All replies that have arrived, at least one.
    func next() async throws -> Replies
}

/// Replies that arrived together.
public struct Replies: Sendable {
    /// The replies, to be told apart by their correlation id.
    public var messages: [Message]

    /// Whether replies to requests sent so far may never come, because the connection was lost in between.
    public var mayHaveMissed: Bool

    /// Makes a group of replies.
    public init(messages: [Message], mayHaveMissed: Bool = false) {
        self.messages = messages
        self.mayHaveMissed = mayHaveMissed
    }
}
