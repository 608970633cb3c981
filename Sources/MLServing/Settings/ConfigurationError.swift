/// A configuration value that is missing or that cannot be used.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The key, as it is written in the environment or a file.
    public let key: String

    /// What is wrong, with the value unless it is secret, and what form is expected.
    public let message: String

    /// Makes an error.
    public init(key: String, message: String) {
        self.key = key
        self.message = message
    }

    /// `KEY: message`.
    public var description: String { "\(key): \(message)" }
}
