/// One failure in the history of a dead letter.
public struct FailedAttempt: Sendable, Hashable {
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
        error = ServingError(code: .init(rawValue: code), message: members["message"]?.string ?? "", isRetryable: isRetryable)
    }
}
