/// Why a host does not do what it was asked for.
public struct ModelHostError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of error it is.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The code's name.
        public let rawValue: String

        /// Makes a code from its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The host serves a model of that name.
        public static let alreadyServed = Code(rawValue: "already_served")
        /// A dialect of another system is configured, which is for a consumer of one model.
        public static let oneDialect = Code(rawValue: "one_dialect")
        /// What a model says of itself is too large, or is not JSON where it has to be.
        public static let invalidDescription = Code(rawValue: "invalid_description")
    }

    /// What kind of error it is.
    public let code: Code

    /// What happened, to what, and what to do.
    public let message: String

    /// The message.
    public var description: String { message }
}
