internal import MLServingCore
internal import RabbitMQ

extension RabbitMQ.Message {
    /// The longest time that RabbitMQ takes: the milliseconds have 32 bits.
    private static let longestTimeToLive = Int64(UInt32.max)

    /// Headers by which RabbitMQ sends a message to further queues. A message that came from elsewhere must not choose them with our rights.
    private static let routingHeaders: Set = ["CC", "BCC"]

    /// The message as RabbitMQ carries it; always persistent.
    init(_ message: MLServingCore.Message) {
        self.init(
            body: message.body,
            properties: MessageProperties(
                contentType: message.contentType,
                contentEncoding: message.contentEncoding,
                headers: FieldTable(
                    entries: message.headers.filter { !Self.routingHeaders.contains($0.key) }
                        .map { FieldTable.Entry(name: $0.key, value: FieldValue($0.value)) }),
                deliveryMode: .persistent,
                priority: message.priority,
                correlationID: message.correlationID,
                replyTo: message.replyTo,
                expiration: message.timeToLive.map { String(min(max(0, $0.milliseconds), Self.longestTimeToLive)) },
                messageID: message.messageID,
                timestamp: message.timestamp
            )
        )
    }
}

extension MLServingCore.Message {
    /// A delivery's message as the serving core sees it.
    ///
    /// An id that was made up for one publish names no request: it would hide the name that the request has.
    init(_ delivery: RabbitMQ.Delivery) {
        let properties = delivery.properties
        self.init(
            body: delivery.body,
            contentType: properties.contentType,
            contentEncoding: properties.contentEncoding,
            messageID: properties.isMessageIDMadeUp ? nil : properties.messageID,
            correlationID: properties.correlationID,
            replyTo: properties.replyTo,
            timeToLive: properties.expiration.flatMap { Int64($0) }.map { .milliseconds($0) },
            priority: properties.priority,
            timestamp: properties.timestamp,
            headers: MessageHeaders(properties.headers.map { ($0.name, HeaderValue($0.value)) })
        )
    }
}

extension MLServingCore.Delivery {
    init(_ delivery: RabbitMQ.Delivery) {
        // Quorum queues count.
        let count = delivery.properties.headers["x-delivery-count"]?.integer.flatMap { Int(exactly: $0) } ?? 0
        self.init(
            message: MLServingCore.Message(delivery),
            tag: MLServingCore.DeliveryTag(generation: delivery.tag.generation, number: delivery.tag.number),
            deliveryCount: delivery.isRedelivered ? max(1, count) : 0,
            defect: delivery.defect?.description
        )
    }
}

extension RabbitMQ.DeliveryTag {
    init(_ tag: MLServingCore.DeliveryTag) {
        self.init(generation: tag.generation, number: tag.number)
    }
}

extension FieldValue {
    init(_ value: HeaderValue) {
        self =
            switch value {
            case .string(let text): .string(text)
            case .integer(let number): .int64(number)
            case .double(let number): .double(number)
            case .bool(let flag): .boolean(flag)
            case .bytes(let bytes): .bytes(bytes)
            case .null: .void
            case .array(let values): .array(values.map { FieldValue($0) })
            case .table(let values): .table(FieldTable(values.mapValues { FieldValue($0) }))
            }
    }
}

extension HeaderValue {
    init(_ value: FieldValue) {
        self =
            switch value {
            case .boolean(let flag): .bool(flag)
            case .float(let number): .double(Double(number))
            case .double(let number): .double(number)
            case .string(let text): .string(text)
            case .bytes(let bytes): .bytes(bytes)
            case .array(let values): .array(values.map { HeaderValue($0) })
            case .table(let table): .table(Dictionary(table.map { ($0.name, HeaderValue($0.value)) }, uniquingKeysWith: { $1 }))
            case .void: .null
            // In seconds since 1970.
            case .timestamp(let seconds): Int64(exactly: seconds).map { .integer($0) } ?? .null
            default: value.integer.map { .integer($0) } ?? .null
            }
    }
}
