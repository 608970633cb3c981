internal import CRabbitMQ

/// The methods that the client uses, each with its arguments encoded into the transport's arena.
extension Channel {
    private var arena: Arena { transport.arena }

    func open(reply: @escaping ReplyHandler) throws(RabbitMQError) {
        try call(AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t(), reply: reply)
    }

    // MARK: Topology

    func declare(_ queue: QueueDeclaration, reply: @escaping ReplyHandler) throws(RabbitMQError) {
        var arguments = amqp_queue_declare_t()
        arguments.queue = try arena.shortText(queue.name, "name of the queue")
        arguments.durable = queue.isDurable ? 1 : 0
        arguments.exclusive = queue.isExclusive ? 1 : 0
        arguments.auto_delete = queue.isAutoDeleted ? 1 : 0
        arguments.arguments = try arena.table(queue.allArguments)
        try call(AMQP_QUEUE_DECLARE_METHOD, arguments, reply: reply)
    }

    /// Asks for a queue without making one.
    func inspectQueue(named name: String, reply: @escaping ReplyHandler) throws(RabbitMQError) {
        var arguments = amqp_queue_declare_t()
        arguments.queue = try arena.shortText(name, "name of the queue")
        arguments.passive = 1
        try call(AMQP_QUEUE_DECLARE_METHOD, arguments, reply: reply)
    }

    func deleteQueue(named name: String, ifUnused: Bool, ifEmpty: Bool, reply: @escaping ReplyHandler) throws(RabbitMQError) {
        var arguments = amqp_queue_delete_t()
        arguments.queue = try arena.shortText(name, "name of the queue")
        arguments.if_unused = ifUnused ? 1 : 0
        arguments.if_empty = ifEmpty ? 1 : 0
        try call(AMQP_QUEUE_DELETE_METHOD, arguments, reply: reply)
    }

    func purgeQueue(named name: String, reply: @escaping ReplyHandler) throws(RabbitMQError) {
        var arguments = amqp_queue_purge_t()
        arguments.queue = try arena.shortText(name, "name of the queue")
        try call(AMQP_QUEUE_PURGE_METHOD, arguments, reply: reply)
    }

    func declare(_ exchange: ExchangeDeclaration, reply: @escaping ReplyHandler) throws(RabbitMQError) {
        var arguments = amqp_exchange_declare_t()
        arguments.exchange = try arena.shortText(exchange.name, "name of the exchange")
        arguments.type = try arena.shortText(exchange.type, "type of the exchange")
        arguments.durable = exchange.isDurable ? 1 : 0
        arguments.auto_delete = exchange.isAutoDeleted ? 1 : 0
        arguments.arguments = try arena.table(exchange.arguments)
        try call(AMQP_EXCHANGE_DECLARE_METHOD, arguments, reply: reply)
    }

    /// Asks whether an exchange exists; the broker closes the channel if it does not.
    func inspectExchange(named name: String, reply: @escaping ReplyHandler) throws(RabbitMQError) {
        var arguments = amqp_exchange_declare_t()
        arguments.exchange = try arena.shortText(name, "name of the exchange")
        arguments.type = try arena.shortText("direct", "type of the exchange")
        arguments.passive = 1
        try call(AMQP_EXCHANGE_DECLARE_METHOD, arguments, reply: reply)
    }

    func deleteExchange(named name: String, reply: @escaping ReplyHandler) throws(RabbitMQError) {
        var arguments = amqp_exchange_delete_t()
        arguments.exchange = try arena.shortText(name, "name of the exchange")
        try call(AMQP_EXCHANGE_DELETE_METHOD, arguments, reply: reply)
    }

    func bind(_ binding: QueueBinding, reply: @escaping ReplyHandler) throws(RabbitMQError) {
        var arguments = amqp_queue_bind_t()
        arguments.queue = try arena.shortText(binding.queue, "name of the queue")
        arguments.exchange = try arena.shortText(binding.exchange, "name of the exchange")
        arguments.routing_key = try arena.shortText(binding.routingKey, "routing key")
        arguments.arguments = try arena.table(binding.arguments)
        try call(AMQP_QUEUE_BIND_METHOD, arguments, reply: reply)
    }

    // MARK: Publishing

    func selectConfirms(reply: @escaping ReplyHandler) throws(RabbitMQError) {
        try call(AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t(), reply: reply)
    }

    /// Writes a message. What AMQP cannot carry is refused before anything is written.
    ///
    /// - Parameter dropsHeaders: Whether what cannot be carried of the properties is left out instead.
    func publish(
        _ message: Message, exchange: String, routingKey: String, mandatory: Bool, dropsHeaders: Bool = false
    ) throws(RabbitMQError) {
        defer { arena.reset() }
        let room = transport.propertiesMaximum
        var properties: amqp_basic_properties_t
        do throws(RabbitMQError) {
            properties = try message.properties.makeRaw(in: arena)
            guard arena.encodedSize <= room else {
                throw RabbitMQError(
                    .tooLarge, "the properties take \(arena.encodedSize) bytes, of which a frame of \(transport.frameMaximum) has \(room)")
            }
        } catch {
            guard dropsHeaders else { throw error }
            arena.reset()
            properties = try message.properties.fitting(into: room).makeRaw(in: arena)
        }
        var arguments = amqp_basic_publish_t()
        arguments.exchange = try arena.shortText(exchange, "name of the exchange")
        arguments.routing_key = try arena.shortText(routingKey, "routing key")
        arguments.mandatory = mandatory ? 1 : 0
        try transport.write(AMQP_BASIC_PUBLISH_METHOD, arguments, channel: number)
        try transport.write(&properties, body: message.body, channel: number)
    }

    // MARK: Consuming

    func setPrefetch(_ count: UInt16, reply: @escaping ReplyHandler) throws(RabbitMQError) {
        try call(AMQP_BASIC_QOS_METHOD, amqp_basic_qos_t(prefetch_size: 0, prefetch_count: count, global: 0), reply: reply)
    }

    func consume(_ request: ConsumeRequest, tag: String, reply: @escaping ReplyHandler) throws(RabbitMQError) {
        var arguments = amqp_basic_consume_t()
        arguments.queue = try arena.shortText(request.queue, "name of the queue")
        arguments.consumer_tag = try arena.shortText(tag, "consumer tag")
        arguments.no_ack = request.isAutomaticallyAcknowledged ? 1 : 0
        arguments.exclusive = request.isExclusive ? 1 : 0
        arguments.arguments = try arena.table(request.arguments)
        try call(AMQP_BASIC_CONSUME_METHOD, arguments, reply: reply)
    }

    func cancelConsumer(tag: String, reply: @escaping ReplyHandler) throws(RabbitMQError) {
        var arguments = amqp_basic_cancel_t()
        arguments.consumer_tag = try arena.shortText(tag, "consumer tag")
        try call(AMQP_BASIC_CANCEL_METHOD, arguments, reply: reply)
    }

    func send(_ instruction: SettlementTracker.Instruction) throws(RabbitMQError) {
        switch instruction {
        case .acknowledge(let number, let multiple):
            try send(AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t(delivery_tag: number, multiple: multiple ? 1 : 0))
        case .reject(let number, let requeue):
            try send(AMQP_BASIC_REJECT_METHOD, amqp_basic_reject_t(delivery_tag: number, requeue: requeue ? 1 : 0))
        case .giveBack(let number):
            try send(AMQP_BASIC_NACK_METHOD, amqp_basic_nack_t(delivery_tag: number, multiple: 0, requeue: 1))
        }
    }
}
