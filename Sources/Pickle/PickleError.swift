/// Why a pickle could not be read or written.
///
/// The message says what was found and where; it never contains more than a short, printable part of the payload.
public struct PickleError: Error, Sendable, Hashable {
    /// The kind of failure.
    ///
    /// The set is open: later versions may add codes, so a `switch` over codes needs a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the code, as in the static members.
        public let description: String

        /// The input ended inside a value, or a length exceeds what is left of the input.
        public static let truncated = Code(description: "truncated")
        /// The bytes are not a well-formed pickle.
        public static let malformed = Code(description: "malformed")
        /// An opcode that could run code or reach outside the pickle; it was not executed.
        public static let refusedOpcode = Code(description: "refusedOpcode")
        /// A class or function that is not on the list of harmless ones; it was not looked up.
        public static let refusedGlobal = Code(description: "refusedGlobal")
        /// A harmless construct that has no counterpart here, such as a complex number.
        public static let unsupported = Code(description: "unsupported")
        /// One of ``PickleLimits``, or of the writer's limits, was exceeded; the message names it, its value and what exceeded it.
        public static let limitExceeded = Code(description: "limitExceeded")
        /// A container that contains itself.
        public static let recursive = Code(description: "recursive")
        /// Text that is not Unicode scalar values, such as a lone surrogate.
        public static let invalidText = Code(description: "invalidText")
        /// A value that the requested type or Python cannot represent.
        public static let notRepresentable = Code(description: "notRepresentable")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to what.
    public let message: String
    /// The position in bytes of the opcode that failed, from the start of the input; nil where no input is involved.
    public internal(set) var offset: Int?

    init(_ code: Code, _ message: String, offset: Int? = nil) {
        self.code = code
        self.message = message
        self.offset = offset
    }
}

extension PickleError: CustomStringConvertible {
    /// The code, the message and the offset in one line.
    public var description: String {
        guard let offset else { return "\(self.code): \(self.message)" }
        return "\(self.code): \(self.message) (at byte \(offset))"
    }
}

extension PickleError {
    /// A limit that is exceeded, by its name and value.
    static func exceeded(_ limit: String, _ value: Int, _ what: String) -> PickleError {
        PickleError(.limitExceeded, "\(what), and \(limit) is \(value)")
    }
}
