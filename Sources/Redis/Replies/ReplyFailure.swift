/// Why the bytes of a connection cannot be read on.
enum ReplyFailure: Error, Hashable {
    case violation(String)
    case tooLarge(limit: Int)
}

extension RedisError {
    init(_ failure: ReplyFailure, node: RedisNode?) {
        switch failure {
        case .violation(let reason):
            self.init(
                .protocolViolation, "the peer does not speak RESP2: \(reason); check that host and port are a Redis server's", node: node)
        case .tooLarge(let limit):
            self.init(.replyTooLarge, "a reply exceeds the limit of \(limit) bytes; raise maximumReplyBytes or store less", node: node)
        }
    }
}
