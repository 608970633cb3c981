/// Why a fastText model could not be opened or could not answer.
///
/// The message names the file, what was found at which byte offset, and what to do about it.
public struct FastTextError: Error, Sendable, Equatable {
    /// The kind of failure. New kinds may be added, so a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as printed in messages.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The operating system refused to open or map the file.
        public static let unreadable = Code("unreadable")
        /// The file does not start with fastText's magic number.
        public static let foreign = Code("foreign")
        /// The file is a fastText model of a version this reader does not know.
        public static let unsupportedVersion = Code("unsupportedVersion")
        /// The file ends before the structure its header announces.
        public static let truncated = Code("truncated")
        /// The file contradicts itself.
        public static let corrupt = Code("corrupt")
        /// Labels were asked of a model that was not trained with `fasttext supervised`.
        public static let notSupervised = Code("notSupervised")
        /// An argument of the call has no meaning.
        public static let invalidArgument = Code("invalidArgument")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to what, and what to do.
    public let message: String
    /// The model file.
    public let path: String
    /// Where in the file the failure was noticed, in bytes from its start; nil where no place is to blame.
    public let offset: Int?

    init(_ code: Code, _ message: String, path: String, offset: Int? = nil) {
        self.code = code
        self.message = message
        self.path = path
        self.offset = offset
    }
}

extension FastTextError: CustomStringConvertible {
    /// One line: code, file, offset, message.
    public var description: String {
        let place = offset.map { " at byte \($0)" } ?? ""
        return "\(code): \(path)\(place): \(message)"
    }
}
