internal import CRabbitMQ

/// One live connection to a node: its transport and its channels. It ends once, and is never revived.
final class Link {
    let transport: Transport
    private let messageMaximum: Int
    private var channels: [Channel?] = [nil]
    private var freeNumbers: [UInt16] = []
    private var heartbeats = HeartbeatMonitor()
    /// Why and since when the broker takes no messages.
    private(set) var blockage: (reason: String, since: ContinuousClock.Instant)?
    private(set) var isClosing = false
    /// Whether the broker has agreed to close.
    private(set) var isClosed = false

    init(transport: Transport, messageMaximum: Int) {
        self.transport = transport
        self.messageMaximum = messageMaximum
    }

    var node: String { transport.node.description }

    // MARK: Channels

    /// Opens a channel, which can be used at once: what is sent on it follows its opening.
    func openChannel(handler: (any ChannelHandler)?) throws(RabbitMQError) -> Channel {
        let number: UInt16
        if let free = freeNumbers.popLast() {
            number = free
        } else {
            guard channels.count <= transport.channelMaximum else {
                throw RabbitMQError(.invalidArgument, "all \(transport.channelMaximum) channels of the connection are in use", node: node)
            }
            number = UInt16(channels.count)
            channels.append(nil)
        }
        let channel = Channel(number: number, transport: transport, messageMaximum: messageMaximum)
        try channel.open { _ in }
        channel.handler = handler
        channels[Int(number)] = channel
        return channel
    }

    /// Tells every channel that the link is gone.
    func fail(_ error: RabbitMQError) {
        let loss = loss(for: error)
        let channels = self.channels
        self.channels = [nil]
        for channel in channels { channel?.fail(error, loss) }
    }

    private func loss(for error: RabbitMQError) -> ChannelLoss {
        if error.isFailureOfBroker { return .failure(hasOtherSuspects: hasOpenQuestions) }
        guard error.isWordlessEnd else { return .network }
        let unconfirmedCount = channels.reduce(0) { $0 + ($1?.handler?.unconfirmedCount ?? 0) }
        return .ending(isAlone: unconfirmedCount <= 1 && !hasOpenQuestions)
    }

    /// Whether the broker has been asked something that it has not answered, other than to take a message.
    var hasOpenQuestions: Bool { channels.contains { $0?.hasOpenQuestions == true } }

    // MARK: Frames

    /// Handles what has arrived.
    ///
    /// - Returns: Whether more may be waiting.
    func receive() throws(RabbitMQError) -> Bool {
        try transport.receive { (frame, number) throws(RabbitMQError) in
            if number == 0 {
                try receive(frame)
            } else if Int(number) < channels.count, let channel = channels[Int(number)], try channel.receive(frame) {
                channels[Int(number)] = nil
                freeNumbers.append(number)
            }
        }
    }

    private func receive(_ frame: InboundFrame) throws(RabbitMQError) {
        guard case .method(let method) = frame else { return }
        switch method {
        case .connectionClose(let closure):
            try transport.write(AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t(), channel: 0)
            _ = try transport.flush()
            throw RabbitMQError.connectionClosed(by: closure, node: node)
        case .connectionCloseOk: isClosed = true
        case .blocked(let reason): blockage = blockage ?? (reason, .now)
        case .unblocked: blockage = nil
        default: throw RabbitMQError(.protocolViolation, "the broker sent \(method) on channel 0", node: node)
        }
    }

    /// Asks the broker to close.
    func beginClosing() throws(RabbitMQError) {
        guard !isClosing else { return }
        isClosing = true
        let arguments = amqp_connection_close_t(
            reply_code: UInt16(AMQP_REPLY_SUCCESS), reply_text: amqp_bytes_t(), class_id: 0, method_id: 0)
        try transport.write(AMQP_CONNECTION_CLOSE_METHOD, arguments, channel: 0)
    }

    /// Shows that the client lives, and checks that the broker does. To be called twice per heartbeat interval.
    ///
    /// - Parameter isReading: Whether the broker would be heard at all.
    func beat(isReading: Bool) throws(RabbitMQError) {
        switch heartbeats.look(received: transport.receivedCount, sent: transport.sentCount, isReading: isReading) {
        case .none: break
        case .send: try transport.writeHeartbeat()
        case .giveUp:
            throw RabbitMQError(
                .connectionLost, "the broker has been silent for twice the heartbeat interval of \(transport.heartbeat)", node: node)
        }
    }
}
