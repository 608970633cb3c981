extension ServingError {
    /// The same error, as that of a request.
    ///
    /// - Parameter id: The request's id, if it has one.
    func of(request id: String?) -> ServingError {
        guard requestID == nil, let id, !id.isEmpty else { return self }
        var copy = self
        copy.requestID = id
        return copy
    }

    /// Whether both say the same, of whichever requests.
    public static func == (left: ServingError, right: ServingError) -> Bool {
        left.code == right.code && left.message == right.message && left.isRetryable == right.isRetryable
            && left.retryAfter == right.retryAfter
    }

    /// Hashes what equal errors have in common.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(message)
        hasher.combine(isRetryable)
        hasher.combine(retryAfter)
    }
}
