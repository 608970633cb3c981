/// Who a channel's unsolicited methods and messages are for.
protocol ChannelHandler: AnyObject {
    func delivered(number: UInt64, isRedelivered: Bool, exchange: String, routingKey: String, _ content: Content) throws(RabbitMQError)
    func returned(_ reason: BrokerClosure, exchange: String, routingKey: String, _ content: Content)
    func confirmed(_ number: UInt64, multiple: Bool, isAccepted: Bool)
    func cancelledByBroker()
    /// How many publishes the broker has not confirmed.
    var unconfirmedCount: Int { get }
    /// The channel is gone, and with it every open delivery and unconfirmed publish.
    func channelClosed(_ error: RabbitMQError, _ loss: ChannelLoss)
}

/// How a channel was lost, which tells whether something that was sent on it is to blame.
enum ChannelLoss: Equatable {
    /// The broker closed this channel: it refused something that was sent on it.
    case refusal
    /// The broker closed the connection with an error of its own, or one that it ascribes to the client.
    ///
    /// - Parameter hasOtherSuspects: Whether something else than a publish may have been the cause.
    case failure(hasOtherSuspects: Bool)
    /// The connection broke, and the broker has not said why.
    ///
    /// - Parameter isAlone: Whether at most one publish was unconfirmed on the whole connection, and nothing else under way.
    case ending(isAlone: Bool)
    /// The connection ended in good order.
    case network
    /// The client left the channel, for a reason that no publish is to blame for.
    case abandonment
}
