extension RabbitMQError {
    /// The message and the node, without the code: for those who have a code of their own.
    public var explanation: String { node.map { "\(message) (\($0))" } ?? message }
}
