extension RabbitMQError {
    /// The error for a channel that the broker closed.
    static func channelClosed(by closure: BrokerClosure, node: String) -> RabbitMQError {
        RabbitMQError(
            Code(channelReplyCode: closure.replyCode), "the broker refused: \(closure.text)", node: node, replyCode: closure.replyCode)
    }

    /// The error for a connection that the broker closed.
    static func connectionClosed(by closure: BrokerClosure, node: String) -> RabbitMQError {
        let isRefusal = closure.replyCode == 403 || closure.replyCode == 530
        return RabbitMQError(
            isRefusal ? .authenticationFailed : .connectionLost, "the broker closed the connection: \(closure.text)", node: node,
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
}
