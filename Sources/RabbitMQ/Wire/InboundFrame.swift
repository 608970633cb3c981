/// A frame that the broker sent, copied out of the library's memory but for a body.
enum InboundFrame {
    case method(InboundMethod)
    case content(ContentMethod)
    /// The properties, or what is left of them if there is a defect.
    case header(MessageProperties, bodySize: UInt64, DeliveryDefect?)
    /// A piece of a message, valid while the frame is handled.
    case body(UnsafeRawBufferPointer)
    case heartbeat
}

/// A method that the broker sent and that no content follows.
enum InboundMethod: Sendable, Equatable {
    case acknowledge(number: UInt64, multiple: Bool)
    case negativeAcknowledge(number: UInt64, multiple: Bool)
    /// The broker ends the channel's consumer.
    case cancel
    case channelClose(BrokerClosure)
    case channelCloseOk
    case connectionClose(BrokerClosure)
    case connectionCloseOk
    case blocked(reason: String)
    case unblocked
    case flow(isActive: Bool)
    /// The answer to a declaration.
    case queue(QueueStatus)
    /// The answer to a purge or a deletion.
    case messageCount(Int)
    /// An answer that says no more than that it was done.
    case done
    case other(UInt32)
}
