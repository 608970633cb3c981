/// Why bytes could not be expanded.
public struct CompressionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let message: String

    init(message: String) {
        self.message = message
    }

    static func tooLarge(_ limit: Int) -> CompressionError {
        CompressionError(message: "it expands to more than \(limit) bytes")
    }

    /// What is wrong.
    public var description: String { message }
}
