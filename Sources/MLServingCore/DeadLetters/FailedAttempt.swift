/// One failure in the history of a dead letter.
public struct FailedAttempt: Sendable, Hashable {
    /// How many failures a history keeps, the latest.
    static let maximumCount = 16

    /// When it failed, in milliseconds since 1970.
    public var time: Int64?

    /// What kind of failure it was, and what exactly happened.
    public var error: ServingError

    /// Makes a failure.
    public init(time: Int64?, error: ServingError) {
        self.time = time
        self.error = error
    }

    /// Reads an element of the header ``MessageHeader/failures``; `nil` when it is something else.
    init?(_ value: HeaderValue) {
        guard case .table(let members) = value, let code = members["code"]?.string else { return nil }
        var isRetryable = false
        if case .bool(let flag)? = members["retryable"] { isRetryable = flag }
        time = members["time"]?.integer
        error = ServingError(
            code: .init(rawValue: String(code.prefix(100))), message: String((members["message"]?.string ?? "").prefix(1_000)),
            isRetryable: isRetryable)
    }

    /// The failure as an element of that header, no longer than it has to be.
    var header: HeaderValue {
        .table([
            "time": time.map { .integer($0) } ?? .null,
            "code": .string(String(error.code.rawValue.prefix(100))),
            "message": .string(error.message.bounded),
            "retryable": .bool(error.isRetryable),
        ])
    }
}
