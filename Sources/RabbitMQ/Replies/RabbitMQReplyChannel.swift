/// Requests and the replies to them, over RabbitMQ's direct reply-to: replies come straight back over the connection, without a queue.
///
/// Nothing is stored: when the channel or the connection breaks, replies that are under way are lost, and ``next()`` says so. The channel is
/// opened again by itself.
///
/// Exactly one task takes the replies, with ``next()``. Any task may publish.
public struct RabbitMQReplyChannel: Sendable {
    /// What arrives on a reply channel.
    public enum Event: Sendable {
        /// Replies, in the order of their arrival; each carries the `correlationID` of its request.
        case replies([Delivery])
        /// The channel broke. Requests that were confirmed with this generation or an earlier one will get no reply.
        case interrupted(generation: UInt64)
    }

    /// The connection that the channel lives on.
    public let connection: RabbitMQConnection
    let id: Int

    /// The name of the pseudo-queue that stands for a connection's own replies.
    static let pseudoQueue = "amq.rabbitmq.reply-to"

    /// Publishes a request, and returns when the broker has taken it. Its `replyTo` is set here; its `correlationID` is the caller's.
    ///
    /// A reply can arrive before the confirmation.
    ///
    /// - Throws: As ``RabbitMQConnection/publish(_:exchange:routingKey:mandatory:deadline:)``. A mistake that closes the channel costs the
    ///   replies to other requests.
    @discardableResult
    public func publish(
        _ request: Message, exchange: String = "", routingKey: String, deadline: ContinuousClock.Instant? = nil
    ) async throws(RabbitMQError) -> PublishConfirmation {
        try await connection.publish(request, exchange: exchange, routingKey: routingKey, deadline: deadline, via: self)
    }

    /// What has arrived; suspends until something has.
    ///
    /// - Returns: `nil` once the channel or its connection has been stopped.
    /// - Throws: Why the connection ended for good; ``RabbitMQError/Code/cancelled`` if the task is cancelled, which loses nothing.
    public func next() async throws(RabbitMQError) -> Event? {
        try await connection.nextEvent(of: id)
    }

    /// Closes the channel, and returns when the broker has agreed. Requests that have not been written fail; replies to others are lost.
    public func close() async {
        await connection.close(self)
    }
}
