internal import CRabbitMQ

extension InboundFrame {
    /// Copies what a decoded frame says.
    init(_ frame: amqp_frame_t) throws(RabbitMQError) {
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD:
            self = Self.decode(frame.payload.method)
        case AMQP_FRAME_HEADER:
            let header = frame.payload.properties
            guard header.class_id == AMQP_BASIC_CLASS, let decoded = header.decoded else {
                throw RabbitMQError(.protocolViolation, "the broker sent a header of class \(header.class_id)")
            }
            let properties = MessageProperties(decoded.assumingMemoryBound(to: amqp_basic_properties_t.self).pointee)
            self = .header(properties, bodySize: header.body_size, nil)
        case AMQP_FRAME_BODY:
            self = .body(UnsafeRawBufferPointer(frame.payload.body_fragment))
        default:
            self = .heartbeat
        }
    }

    private static func decode(_ method: amqp_method_t) -> InboundFrame {
        // The library decodes each method into the structure that belongs to its number.
        func read<T>(_ type: T.Type) -> T { method.decoded.assumingMemoryBound(to: type).pointee }
        switch method.id {
        case AMQP_BASIC_DELIVER_METHOD:
            let deliver = read(amqp_basic_deliver_t.self)
            return .content(
                .deliver(
                    number: deliver.delivery_tag, isRedelivered: deliver.redelivered != 0, exchange: String(deliver.exchange),
                    routingKey: String(deliver.routing_key)))
        case AMQP_BASIC_RETURN_METHOD:
            let returned = read(amqp_basic_return_t.self)
            let reason = BrokerClosure(replyCode: returned.reply_code, text: String(returned.reply_text))
            return .content(.returned(reason, exchange: String(returned.exchange), routingKey: String(returned.routing_key)))
        case AMQP_BASIC_ACK_METHOD:
            let ack = read(amqp_basic_ack_t.self)
            return .method(.acknowledge(number: ack.delivery_tag, multiple: ack.multiple != 0))
        case AMQP_BASIC_NACK_METHOD:
            let nack = read(amqp_basic_nack_t.self)
            return .method(.negativeAcknowledge(number: nack.delivery_tag, multiple: nack.multiple != 0))
        case AMQP_QUEUE_DECLARE_OK_METHOD:
            let queue = read(amqp_queue_declare_ok_t.self)
            return .method(
                .queue(
                    QueueStatus(
                        name: String(queue.queue), messageCount: Int(queue.message_count), consumerCount: Int(queue.consumer_count))))
        case AMQP_QUEUE_PURGE_OK_METHOD:
            return .method(.messageCount(Int(read(amqp_queue_purge_ok_t.self).message_count)))
        case AMQP_QUEUE_DELETE_OK_METHOD:
            return .method(.messageCount(Int(read(amqp_queue_delete_ok_t.self).message_count)))
        case AMQP_CHANNEL_CLOSE_METHOD:
            let close = read(amqp_channel_close_t.self)
            return .method(.channelClose(BrokerClosure(replyCode: close.reply_code, text: String(close.reply_text))))
        case AMQP_CONNECTION_CLOSE_METHOD:
            let close = read(amqp_connection_close_t.self)
            return .method(.connectionClose(BrokerClosure(replyCode: close.reply_code, text: String(close.reply_text))))
        case AMQP_CONNECTION_BLOCKED_METHOD:
            return .method(.blocked(reason: String(read(amqp_connection_blocked_t.self).reason)))
        case AMQP_CHANNEL_FLOW_METHOD:
            return .method(.flow(isActive: read(amqp_channel_flow_t.self).active != 0))
        case AMQP_CONNECTION_UNBLOCKED_METHOD: return .method(.unblocked)
        case AMQP_CONNECTION_CLOSE_OK_METHOD: return .method(.connectionCloseOk)
        case AMQP_CHANNEL_CLOSE_OK_METHOD: return .method(.channelCloseOk)
        case AMQP_BASIC_CANCEL_METHOD: return .method(.cancel)
        case AMQP_CHANNEL_OPEN_OK_METHOD, AMQP_CONFIRM_SELECT_OK_METHOD, AMQP_BASIC_QOS_OK_METHOD, AMQP_BASIC_CONSUME_OK_METHOD,
            AMQP_BASIC_CANCEL_OK_METHOD, AMQP_QUEUE_BIND_OK_METHOD, AMQP_QUEUE_UNBIND_OK_METHOD, AMQP_EXCHANGE_DECLARE_OK_METHOD,
            AMQP_EXCHANGE_DELETE_OK_METHOD:
            return .method(.done)
        default:
            return .method(.other(method.id))
        }
    }
}
