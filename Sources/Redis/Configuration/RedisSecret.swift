/// A password that does not show in logs, descriptions and dumps.
public struct RedisSecret: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The password itself.
    public let revealed: String

    /// Wraps a password.
    public init(_ secret: String) {
        revealed = secret
    }

    /// Wraps a password.
    public init(stringLiteral value: String) {
        revealed = value
    }

    /// `<redacted>`.
    public var description: String { "<redacted>" }
    /// `<redacted>`.
    public var debugDescription: String { description }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
