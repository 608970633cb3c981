/// The names of the headers that requests carry.
public enum MessageHeader {
    /// The key under which the result is to be stored.
    public static let resultKey = "x-result-key"
    /// The result key of the template's Python clients.
    public static let templateMessageID = "X-Message-Id"
    /// The absolute deadline, in milliseconds since 1970.
    public static let deadline = "x-deadline"
    /// The number of inputs, when the body is a list of inputs.
    public static let items = "x-items"
    /// How many times the request was tried before.
    public static let attempt = "x-attempt"
    /// The model that is asked for.
    public static let model = "x-model"
    /// The version of the model that is asked for.
    public static let modelVersion = "x-model-version"
    /// Why a request was dead-lettered: a code of ``ServingError``.
    public static let deadLetterReason = "x-dead-letter-reason"
    /// What exactly was wrong with a dead-lettered request.
    public static let deadLetterMessage = "x-dead-letter-message"
    /// The queue that a dead-lettered request came from.
    public static let deadLetterQueue = "x-dead-letter-queue"
}
