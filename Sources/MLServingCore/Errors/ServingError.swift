/// Why a request, or one input of it, has no prediction.
///
/// It travels in result records, so a caller in another process sees the same error that the consumer met.
public struct ServingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is. Open: more may be added, and predictors may use their own.
    ///
    /// ``row`` tells what a code means to programs, to callers by HTTP or gRPC, and to clients in Python.
    public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// The code on the wire and in logs.
        public let rawValue: String

        /// Makes a code from its wire form.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The wire form.
        public var description: String { rawValue }

        /// The code's row in ``ErrorTable``.
        public var row: ErrorRow { ErrorTable.row(for: self) }

        /// The input cannot be decoded, or the predictor refuses it.
        public static let invalidInput = Code(rawValue: "invalid_input")
        /// The request as a message is malformed: its headers contradict its body, or an envelope is broken.
        public static let malformedRequest = Code(rawValue: "malformed_request")
        /// Nobody here decodes payloads of that content type.
        public static let unsupportedContentType = Code(rawValue: "unsupported_content_type")
        /// The predictor failed.
        public static let predictionFailed = Code(rawValue: "prediction_failed")
        /// Consumers died, several times, while they held nothing but this request.
        public static let crashed = Code(rawValue: "crashed")
        /// The deadline passed.
        public static let expired = Code(rawValue: "expired")
        /// The caller cancelled the request.
        public static let cancelled = Code(rawValue: "cancelled")
        /// The queue is full, or too many requests are in flight: try again later.
        public static let overloaded = Code(rawValue: "overloaded")
        /// No queue takes the request.
        public static let unroutable = Code(rawValue: "unroutable")
        /// The broker or the store could not be reached.
        public static let unavailable = Code(rawValue: "unavailable")
        /// The broker or the store refuses this client's credentials or rights, or is not to be trusted.
        public static let refused = Code(rawValue: "refused")
        /// The request, or its result, is larger than the broker, the store or the consumer takes.
        public static let tooLarge = Code(rawValue: "too_large")
        /// The result was computed, and could not be delivered where the request wanted it.
        public static let resultRefused = Code(rawValue: "result_refused")
        /// The result cannot be decoded as what was asked for.
        public static let invalidOutput = Code(rawValue: "invalid_output")
        /// The client has been shut down.
        public static let closed = Code(rawValue: "closed")
    }

    /// What kind of failure it is.
    public var code: Code

    /// What happened, to what, and what to do.
    public var message: String

    /// Whether the same request may succeed later.
    public var isRetryable: Bool

    /// After which time it makes sense to try again, where that is known; it does not travel in records.
    public var retryAfter: Duration?

    /// The id of the request that failed, by which the logs of both sides name it; `nil` where there was none, or it is not known. It says nothing
    /// of the error: two errors that differ in nothing else are equal.
    public var requestID: String?

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: What kind of failure it is.
    ///   - message: What happened, to what, and what to do.
    ///   - isRetryable: Whether the same request may succeed later; by default what ``ErrorTable`` says of the code.
    public init(code: Code, message: String, isRetryable: Bool? = nil) {
        self.code = code
        self.message = message
        self.isRetryable = isRetryable ?? code.row.isRetryable
    }

    /// `code: message`.
    public var description: String { "\(code): \(message)" }
}
