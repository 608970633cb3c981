/// The names of the headers that requests carry.
public enum MessageHeader {
    /// The key under which the result is to be stored.
    public static let resultKey = "x-result-key"
    /// The result key of the template's Python clients.
    public static let templateMessageID = "X-Message-Id"
    /// The absolute deadline, in milliseconds since 1970.
    public static let deadline = "x-deadline"
    /// Whether the request was submitted: nobody waits for the answer, and the deadline is the time by which the prediction has to begin.
    public static let task = "x-task"
    /// The content type that the answer is to have, if it is not that of the request.
    public static let accept = "x-accept"
    /// The number of inputs, when the body is a list of inputs.
    public static let items = "x-items"
    /// How the result may be compressed: `zstd`.
    public static let acceptEncoding = "x-accept-encoding"
    /// Whether the inputs belong to different callers: those that fail are not retried or laid to rest with the others, but come again by
    /// themselves.
    public static let coalesced = "x-coalesced"
    /// How many times the request was tried before.
    public static let attempt = "x-attempt"
    /// What came of those attempts: an array of tables with `time` (ms since 1970), `code`, `message` and `retryable`, oldest first.
    public static let failures = "x-failures"
    /// Names one copy of a request among the suspects.
    public static let suspect = "x-suspect"
    /// What the predictor is told beside the input: a table of booleans, numbers and texts.
    public static let parameters = "x-parameters"
    /// What the caller notes on the request: a table of texts.
    public static let metadata = "x-metadata"
    /// How long the result is to be kept, in milliseconds.
    public static let resultTimeToLive = "x-result-ttl"
    /// Why a request was dead-lettered: a code of ``ServingError``.
    public static let deadLetterReason = "x-dead-letter-reason"
    /// What exactly was wrong with a dead-lettered request.
    public static let deadLetterMessage = "x-dead-letter-message"
    /// The queue that a dead-lettered request came from.
    public static let deadLetterQueue = "x-dead-letter-queue"
    /// When a request was dead-lettered, in milliseconds since 1970.
    public static let deadLetterTime = "x-dead-letter-time"
    /// What a dead letter has lost of its request, because the broker did not take it.
    public static let deadLetterOmitted = "x-dead-letter-omitted"

    /// What a broker adds to a message that it dead-letters or delivers again.
    ///
    /// A message that is published anew must not carry them: RabbitMQ takes one that has been through a queue before for a loop, and drops it.
    static func isOfBroker(_ name: String) -> Bool {
        name == "x-death" || name == "x-delivery-count" || name.hasPrefix("x-first-death-") || name.hasPrefix("x-last-death-")
    }
}
