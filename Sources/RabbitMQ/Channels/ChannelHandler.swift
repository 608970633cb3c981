/// Who a channel's unsolicited methods and messages are for.
protocol ChannelHandler: AnyObject {
    func delivered(number: UInt64, isRedelivered: Bool, exchange: String, routingKey: String, _ content: Content) throws(RabbitMQError)
    func returned(_ reason: BrokerClosure, exchange: String, routingKey: String, _ content: Content)
    func confirmed(_ number: UInt64, multiple: Bool, isAccepted: Bool)
    func cancelledByBroker()
    /// The channel is gone, and with it every open delivery and unconfirmed publish.
    func channelClosed(_ error: RabbitMQError)
}
