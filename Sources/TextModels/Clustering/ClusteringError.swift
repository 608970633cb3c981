/// Why vectors could not be clustered.
public struct ClusteringError: Error, Sendable, Equatable {
    /// The kind of failure. New kinds may be added, so a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as printed in messages.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The vectors differ in length.
        public static let unequalLengths = Code("unequalLengths")
        /// A value, or the distance of two vectors, is infinite or no number.
        public static let notFinite = Code("notFinite")
        /// The cosine distance of a zero vector is undefined.
        public static let zeroVector = Code("zeroVector")
        /// More vectors than the settings allow.
        public static let tooManyVectors = Code("tooManyVectors")
        /// The settings contradict each other or the number of vectors.
        public static let invalidSettings = Code("invalidSettings")
        /// The task was cancelled.
        public static let cancelled = Code("cancelled")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to what, and what to do.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Ends work that nobody waits for any more.
    static func checkCancellation() throws(ClusteringError) {
        if Task.isCancelled { throw ClusteringError(.cancelled, "the task was cancelled") }
    }
}

extension ClusteringError: CustomStringConvertible {
    /// One line: code and message.
    public var description: String { "\(code): \(message)" }
}
