/// Why a consumer is not live, or not ready.
public struct HealthProblem: Sendable, Hashable, CustomStringConvertible {
    /// The kind of a problem.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// Its name in reports.
        public var rawValue: String

        /// Names a kind.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The consumer has not begun to run.
        public static let notStarted = Code(rawValue: "not_started")
        /// The predictor's warm-up inputs are being predicted.
        public static let warmingUp = Code(rawValue: "warming_up")
        /// The broker does not know the consumer.
        public static let unregistered = Code(rawValue: "unregistered")
        /// A connection to a server is down.
        public static let disconnected = Code(rawValue: "disconnected")
        /// The store does not take results.
        public static let storeUnavailable = Code(rawValue: "store_unavailable")
        /// The consumer lacks a right that it needs to serve, and takes no requests until it is granted.
        public static let notPermitted = Code(rawValue: "not_permitted")
        /// What is published through the exchange does not reach the queue.
        public static let unroutable = Code(rawValue: "unroutable")
        /// A prediction does not end.
        public static let stuckPrediction = Code(rawValue: "stuck_prediction")
        /// Requests are held, and nothing happens to them.
        public static let noProgress = Code(rawValue: "no_progress")
        /// Requests wait in the queue, the consumer has nothing to do, and gets none.
        public static let starved = Code(rawValue: "starved")
        /// The thread that everything but the predictions runs on does not respond.
        public static let unresponsive = Code(rawValue: "unresponsive")
        /// The consumer takes no new requests, and finishes what it has begun.
        public static let draining = Code(rawValue: "draining")
        /// The consumer has ended.
        public static let ended = Code(rawValue: "ended")
    }

    /// What kind of problem it is.
    public var code: Code
    /// What is the matter, for people.
    public var message: String

    /// Describes a problem.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The code and the message.
    public var description: String { "\(code.rawValue): \(message)" }
}
