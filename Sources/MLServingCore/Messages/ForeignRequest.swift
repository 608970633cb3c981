/// Messages in the form of another system, which a consumer serves beside its own requests.
///
/// What the engine does with a request stays the same: batching, attempts, dead letters, and that a delivery is settled after its answer (G2).
package protocol RequestDialect: Sendable {
    /// Reads a message as far as its headers tell; `nil`: it is none of this dialect, but a request of this project's own.
    func request(from message: Message, codecs: PayloadCodecs) -> (any ForeignRequest)?

    /// Does what the other system expects of a consumer beside its requests, until cancelled.
    func run(beside consumer: ConsumerControl) async throws

    /// Says that the consumer takes no more requests. Called once, on the consumer's executor.
    func consumerDrains()
}

/// A request in the form of another system. It has one input.
package protocol ForeignRequest: Sendable {
    /// Its name in logs, and what it is cancelled by.
    var id: String { get }
    /// Where its answer goes; `nil`: nowhere.
    var destination: ResultDestination? { get }
    /// What its input is encoded by.
    var inputCodec: any PayloadCodec { get }
    /// What its output is to be encoded by.
    var outputCodec: any PayloadCodec { get }
    /// When its caller stops waiting, in milliseconds since 1970.
    var deadline: Int64? { get }
    /// When it is to be served at the earliest, in milliseconds since 1970.
    var notBefore: Int64? { get }

    /// The encoded input.
    ///
    /// - Throws: Why the request cannot be served.
    func input() throws(ServingError) -> ArraySlice<UInt8>

    /// What its caller gets in the end.
    func answer(to outcome: ResultRecord.Outcome, unixMilliseconds: Int64) -> ForeignAnswer

    /// What its caller gets before another attempt; `nil`: nothing.
    func answer(beforeRetryAfter error: ServingError, unixMilliseconds: Int64) -> ForeignAnswer?

    /// Whether what is stored under its key is the last that its caller gets.
    func isFinal(_ stored: [UInt8]) -> Bool

    /// Takes notice of what becomes of it. Called on the consumer's executor.
    func notice(_ event: RequestEvent)
}

/// What becomes of a request.
package enum RequestEvent: Sendable {
    /// A consumer holds it.
    case received
    /// Its prediction begins.
    case started
    /// It is tried again.
    case retried(because: ServingError)
    /// It is over, after so much time in the predictor.
    case ended(ResultRecord.Outcome, predicting: Duration)
}

/// An answer in the form of another system.
package struct ForeignAnswer: Sendable {
    /// The answer.
    package var body: [UInt8]
    /// The content type of a reply.
    package var contentType: String
    /// What an earlier answer begins with that this one replaces in the store.
    package var replacedPrefix: [UInt8]

    /// Makes an answer.
    package init(body: [UInt8], contentType: String, replacedPrefix: [UInt8]) {
        self.body = body
        self.contentType = contentType
        self.replacedPrefix = replacedPrefix
    }
}
