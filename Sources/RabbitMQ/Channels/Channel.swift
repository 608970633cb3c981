internal import CRabbitMQ
internal import DequeModule

/// One channel of a link: it sends methods, matches their answers in order, and puts messages together.
final class Channel {
    /// Called once, with the broker's answer or the reason why there is none.
    typealias ReplyHandler = (Result<InboundMethod, RabbitMQError>) -> Void

    let number: UInt16
    let transport: Transport
    weak var handler: (any ChannelHandler)?
    private var replies = Deque<ReplyHandler>()
    private var assembler: ContentAssembler
    private var isClosing = false
    private var whenClosed: (() -> Void)?
    /// Whether the broker has been asked something that it has not answered.
    var hasOpenQuestions: Bool { isOpen && !replies.isEmpty }
    /// Whether the channel can be used.
    private(set) var isOpen = true

    init(number: UInt16, transport: Transport, messageMaximum: Int) {
        self.number = number
        self.transport = transport
        assembler = ContentAssembler(limit: messageMaximum)
    }

    // MARK: Out

    /// Sends a method that the broker does not answer.
    func send<Arguments>(_ method: amqp_method_number_t, _ arguments: Arguments) throws(RabbitMQError) {
        defer { transport.arena.reset() }
        guard isOpen else { throw RabbitMQError(.channelClosed, "the channel is closed", node: transport.node.description) }
        try transport.write(method, arguments, channel: number)
    }

    /// Sends a method that the broker answers; the answers come in the order of the calls.
    func call<Arguments>(
        _ method: amqp_method_number_t, _ arguments: Arguments, reply: @escaping ReplyHandler
    ) throws(RabbitMQError) {
        try send(method, arguments)
        replies.append(reply)
    }

    /// Closes the channel; nothing that arrives on it afterwards is looked at.
    ///
    /// - Parameter whenClosed: Called when the broker has agreed, or can no longer be asked; not if this throws.
    func close(whenClosed: (() -> Void)? = nil) throws(RabbitMQError) {
        guard isOpen, !isClosing else {
            whenClosed?()
            return
        }
        let arguments = amqp_channel_close_t(
            reply_code: UInt16(AMQP_REPLY_SUCCESS), reply_text: amqp_bytes_t(), class_id: 0, method_id: 0)
        try send(AMQP_CHANNEL_CLOSE_METHOD, arguments)
        handler = nil
        isClosing = true
        self.whenClosed = whenClosed
    }

    // MARK: In

    /// Handles a frame.
    ///
    /// - Returns: Whether the channel is closed by it and its number is free again.
    func receive(_ frame: InboundFrame) throws(RabbitMQError) -> Bool {
        if isClosing {
            guard case .method(.channelCloseOk) = frame else { return try isClosed(by: frame) }
            isOpen = false
            whenClosed?()
            return true
        }
        switch frame {
        case .method(let method): return try receive(method)
        case .content(let method): try assembler.receive(method)
        case .header(let properties, let bodySize, let defect):
            try dispatch(try assembler.receive(properties, bodySize: bodySize, defect))
        case .body(let piece): try dispatch(try assembler.receive(piece))
        case .heartbeat: break
        }
        return false
    }

    /// Both sides may close at once; the broker still wants its answer.
    private func isClosed(by frame: InboundFrame) throws(RabbitMQError) -> Bool {
        guard case .method(.channelClose) = frame else { return false }
        try send(AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t())
        return false
    }

    private func receive(_ method: InboundMethod) throws(RabbitMQError) -> Bool {
        switch method {
        case .acknowledge(let number, let multiple):
            handler?.confirmed(number, multiple: multiple, isAccepted: true)
        case .negativeAcknowledge(let number, let multiple):
            handler?.confirmed(number, multiple: multiple, isAccepted: false)
        case .cancel:
            handler?.cancelledByBroker()
        case .channelClose(let closure):
            try send(AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t())
            fail(.channelClosed(by: closure, node: transport.node.description), .refusal)
            return true
        case .queue, .messageCount, .done:
            guard let reply = replies.popFirst() else {
                throw RabbitMQError(
                    .protocolViolation, "the broker answered a question that was not asked", node: transport.node.description)
            }
            reply(.success(method))
        case .flow(let isActive):
            try send(AMQP_CHANNEL_FLOW_OK_METHOD, amqp_channel_flow_ok_t(active: isActive ? 1 : 0))
        case .channelCloseOk, .connectionClose, .connectionCloseOk, .blocked, .unblocked, .other:
            throw RabbitMQError(.protocolViolation, "the broker sent \(method) on a channel", node: transport.node.description)
        }
        return false
    }

    private func dispatch(_ content: Content?) throws(RabbitMQError) {
        guard let content, let handler else { return }
        switch content.method {
        case .deliver(let number, let isRedelivered, let exchange, let routingKey):
            try handler.delivered(number: number, isRedelivered: isRedelivered, exchange: exchange, routingKey: routingKey, content)
        case .returned(let reason, let exchange, let routingKey):
            handler.returned(reason, exchange: exchange, routingKey: routingKey, content)
        }
    }

    /// Ends the channel without a word to the broker, and tells everyone who waits on it.
    func fail(_ error: RabbitMQError, _ loss: ChannelLoss) {
        guard isOpen else { return }
        isOpen = false
        let replies = self.replies
        self.replies = []
        for reply in replies { reply(.failure(error)) }
        whenClosed?()
        handler?.channelClosed(error, loss)
    }
}
