/// Why something is not a tensor, or not the one that is wanted.
public struct TensorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, with the shapes, types and sizes in question.
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
