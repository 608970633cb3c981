internal import CRabbitMQ
internal import Glibc

extension MessageProperties {
    /// Copies properties out of the library's memory.
    init(_ raw: amqp_basic_properties_t) {
        func text(_ flag: Int32, _ bytes: amqp_bytes_t) -> String? {
            raw._flags & amqp_flags_t(flag) == 0 ? nil : String(bytes)
        }
        func has(_ flag: Int32) -> Bool {
            raw._flags & amqp_flags_t(flag) != 0
        }
        let correlationID = text(AMQP_BASIC_CORRELATION_ID_FLAG, raw.correlation_id)
        // Requests usually have one name for both, which need not be allocated twice.
        let isNamedAlike =
            correlationID?.isEmpty == false && has(AMQP_BASIC_MESSAGE_ID_FLAG) && raw.correlation_id.len == raw.message_id.len
            && memcmp(raw.correlation_id.bytes, raw.message_id.bytes, raw.message_id.len) == 0
        self.init(
            contentType: text(AMQP_BASIC_CONTENT_TYPE_FLAG, raw.content_type),
            contentEncoding: text(AMQP_BASIC_CONTENT_ENCODING_FLAG, raw.content_encoding),
            headers: has(AMQP_BASIC_HEADERS_FLAG) ? FieldTable(raw.headers) : FieldTable(),
            deliveryMode: has(AMQP_BASIC_DELIVERY_MODE_FLAG) ? DeliveryMode(rawValue: raw.delivery_mode) : nil,
            priority: has(AMQP_BASIC_PRIORITY_FLAG) ? raw.priority : nil,
            correlationID: correlationID,
            replyTo: text(AMQP_BASIC_REPLY_TO_FLAG, raw.reply_to),
            expiration: text(AMQP_BASIC_EXPIRATION_FLAG, raw.expiration),
            messageID: isNamedAlike ? correlationID : text(AMQP_BASIC_MESSAGE_ID_FLAG, raw.message_id),
            timestamp: has(AMQP_BASIC_TIMESTAMP_FLAG) ? raw.timestamp : nil,
            type: text(AMQP_BASIC_TYPE_FLAG, raw.type),
            userID: text(AMQP_BASIC_USER_ID_FLAG, raw.user_id),
            appID: text(AMQP_BASIC_APP_ID_FLAG, raw.app_id))
    }

    /// The properties as the library wants them, in the arena's memory.
    func makeRaw(in arena: Arena) throws(RabbitMQError) -> amqp_basic_properties_t {
        var raw = amqp_basic_properties_t()
        var flags: Int32 = 0
        func text(_ flag: Int32, _ value: String?, _ what: StaticString) throws(RabbitMQError) -> amqp_bytes_t {
            guard let value else { return amqp_bytes_t() }
            flags |= flag
            return try arena.shortText(value, what)
        }
        raw.content_type = try text(AMQP_BASIC_CONTENT_TYPE_FLAG, contentType, "content type")
        raw.content_encoding = try text(AMQP_BASIC_CONTENT_ENCODING_FLAG, contentEncoding, "content encoding")
        raw.correlation_id = try text(AMQP_BASIC_CORRELATION_ID_FLAG, correlationID, "correlation id")
        raw.reply_to = try text(AMQP_BASIC_REPLY_TO_FLAG, replyTo, "reply queue")
        raw.expiration = try text(AMQP_BASIC_EXPIRATION_FLAG, expiration, "expiration")
        raw.message_id = try text(AMQP_BASIC_MESSAGE_ID_FLAG, messageID, "message id")
        raw.type = try text(AMQP_BASIC_TYPE_FLAG, type, "type")
        raw.user_id = try text(AMQP_BASIC_USER_ID_FLAG, userID, "user id")
        raw.app_id = try text(AMQP_BASIC_APP_ID_FLAG, appID, "application id")
        if !headers.isEmpty {
            flags |= AMQP_BASIC_HEADERS_FLAG
            raw.headers = try arena.table(headers)
        }
        if let deliveryMode {
            flags |= AMQP_BASIC_DELIVERY_MODE_FLAG
            raw.delivery_mode = deliveryMode.rawValue
        }
        if let priority {
            flags |= AMQP_BASIC_PRIORITY_FLAG
            raw.priority = priority
        }
        if let timestamp {
            flags |= AMQP_BASIC_TIMESTAMP_FLAG
            raw.timestamp = timestamp
        }
        raw._flags = amqp_flags_t(flags)
        return raw
    }
}
