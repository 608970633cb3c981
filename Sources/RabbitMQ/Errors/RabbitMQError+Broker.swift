extension RabbitMQError {
    /// The error for a channel that the broker closed.
    static func channelClosed(by closure: BrokerClosure, node: String) -> RabbitMQError {
        RabbitMQError(
            Code(channelReplyCode: closure.replyCode), "the broker refused: \(closure.text)", node: node, replyCode: closure.replyCode)
    }

    /// Whether a declaration was refused because of what exists, or for want of a permission.
    var isConflict: Bool { code == .preconditionFailed || code == .accessRefused }

    /// Whether the broker closed the channel because a delivery was not acknowledged within its `consumer_timeout`.
    ///
    /// RabbitMQ says `PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: 1800000 ms. …`.
    var isAcknowledgementTimeout: Bool {
        code == .preconditionFailed && message.contains("delivery acknowledgement on channel") && message.contains("timed out")
    }

    /// Whether the broker closed the connection for something that it could not handle, and not because it ends or was told to.
    ///
    /// Source: AMQP 0-9-1, reply codes from 500 are those of exceptions that close a connection.
    var isFailureOfBroker: Bool { code == .connectionLost && (replyCode ?? 0) >= 500 }

    /// Whether the connection broke without a word from the broker.
    var isWordlessEnd: Bool { code == .connectionLost && replyCode == nil }

    /// The error for a connection that the broker closed.
    static func connectionClosed(by closure: BrokerClosure, node: String) -> RabbitMQError {
        RabbitMQError(
            closure.isLastingRefusal ? .authenticationFailed : .connectionLost, "the broker closed the connection: \(closure.text)",
            node: node,
            replyCode: closure.replyCode)
    }
}

extension RabbitMQError.Code {
    fileprivate init(channelReplyCode: UInt16) {
        self =
            switch channelReplyCode {
            case 403: .accessRefused
            case 404: .notFound
            case 405: .resourceLocked
            case 406: .preconditionFailed
            default: .channelClosed
            }
    }
}

/// Why the broker closed a channel or the connection.
struct BrokerClosure: Sendable, Equatable {
    let replyCode: UInt16
    /// The broker's own words, which start with the name of the code.
    let text: String

    /// Whether the broker does not want this user, or has no such virtual host. That too many connections are open passes.
    ///
    /// RabbitMQ says `NOT_ALLOWED - access to vhost '/' refused for user 'guest': connection limit (1) is reached`.
    var isLastingRefusal: Bool {
        (replyCode == 403 || replyCode == 530) && !text.hasSuffix("is reached") && !text.hasSuffix("is down")
    }
}
