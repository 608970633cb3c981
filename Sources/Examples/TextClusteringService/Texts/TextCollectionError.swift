/// Why texts by their ids could not be read.
public struct TextCollectionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is. Open: more may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code as it is logged.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The text is not JSON.
        public static let malformed = Code("malformed")
        /// The text is JSON, and not an object of id and text.
        public static let wrongShape = Code("wrong_shape")
        /// A text is longer than allowed.
        public static let tooLong = Code("too_long")
        /// There are more texts than allowed.
        public static let tooMany = Code("too_many")
    }

    /// What kind of failure it is.
    public let code: Code
    /// What was found, where, and what is wanted.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// `code: message`.
    public var description: String { "\(code): \(message)" }
}
