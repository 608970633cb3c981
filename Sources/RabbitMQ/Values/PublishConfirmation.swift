/// The broker's word that it has taken responsibility for a message.
public struct PublishConfirmation: Sendable, Hashable {
    /// The incarnation of the channel that carried the message. On a ``RabbitMQReplyChannel`` it tells which replies are lost with the
    /// channel; elsewhere it means nothing.
    public let generation: UInt64
}
