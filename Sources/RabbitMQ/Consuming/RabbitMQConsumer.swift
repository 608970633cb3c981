/// A consumer of a queue: a handle, of which copies mean the same consumer.
///
/// The consumer survives reconnects and deletions of its queue: it starts again, with the queue and its bindings as they were declared on its
/// connection, and tries for as long as it takes. Deliveries that were open come again then, to this or another consumer; settling the
/// earlier ones is without effect.
///
/// Exactly one task takes the deliveries, with ``next()``. Any task may settle them.
public struct RabbitMQConsumer: Sendable {
    /// The connection that the consumer lives on.
    public let connection: RabbitMQConnection
    /// The queue.
    public let queue: String
    let id: Int
    let activation: ConsumerActivation

    /// Whether the broker has the consumer registered, and since when that is so. May be asked from any thread.
    public var registration: (isRegistered: Bool, since: ContinuousClock.Instant) {
        let (isActive, since) = activation.current
        return (isActive, since)
    }

    /// How often the broker took all open deliveries back because one had not been settled within its `consumer_timeout`. They come again as
    /// after a crash, which there was not. May be asked from any thread.
    public var acknowledgementTimeouts: Int { activation.acknowledgementTimeouts }

    /// All deliveries that have arrived; suspends until there is one.
    ///
    /// - Returns: 1 to `prefetch` deliveries in the order of their arrival. Empty once the consumer or its connection has been stopped and
    ///   everything that had arrived was handed out.
    /// - Throws: Why the connection ended for good; ``RabbitMQError/Code/cancelled`` if the task is cancelled, which loses nothing.
    public func next() async throws(RabbitMQError) -> [Delivery] {
        try await connection.nextDeliveries(of: id)
    }

    /// Tells the broker that deliveries are done with. Those of an earlier incarnation are skipped.
    public func acknowledge(_ tags: [DeliveryTag]) async {
        await connection.acknowledge(tags, of: self)
    }

    /// Tells the broker that a delivery is done with.
    public func acknowledge(_ tag: DeliveryTag) async {
        await connection.settle(tag, of: self, as: .acknowledge)
    }

    /// Refuses a delivery: it failed. The broker counts this towards a quorum queue's delivery limit.
    ///
    /// - Parameter requeue: Whether it is to be delivered again; if not, it goes to the queue's dead letter exchange, or is dropped.
    public func reject(_ tag: DeliveryTag, requeue: Bool) async {
        await connection.reject(tag, of: self, requeue: requeue)
    }

    /// Gives a delivery back unused, to be delivered again to whoever is ready.
    public func giveBack(_ tag: DeliveryTag) async {
        await connection.giveBack(tag, of: self)
    }

    /// Stops taking deliveries, and returns when the broker has agreed. What has arrived before is still handed out by ``next()`` and can be
    /// settled.
    public func cancel() async {
        await connection.cancel(self)
    }

    /// Stops at once. What has not been settled goes back to the queue, to be delivered again as after a loss of this consumer.
    public func close() async {
        await connection.close(self)
    }
}
