extension RedisError {
    /// The message, the node and the cause, without the code: for those who have a code of their own.
    public var explanation: String {
        let text = node.map { "\(message) (\($0))" } ?? message
        guard let underlying else { return text }
        return "\(text): \((underlying as? RedisError)?.explanation ?? "\(underlying)")"
    }
}
