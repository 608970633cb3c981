extension ThrowingTaskGroup where ChildTaskResult == Void, Failure == any Error {
    /// Waits until a child ends, whichever is first.
    ///
    /// - Throws: Why it failed. If it only met a transport that was closed, the others are cancelled, and what the transport itself failed with is
    ///   thrown instead: it is the cause, and may be told a moment later.
    mutating func nextOrCause() async throws {
        do {
            try await next()
        } catch let error as TransportError where error.code == .closed {
            cancelAll()
            while let result = await nextResult() {
                if case .failure(let cause) = result, !(cause is CancellationError), !cause.isClosure { throw cause }
            }
            throw error
        }
    }
}

extension Error {
    fileprivate var isClosure: Bool { (self as? TransportError)?.code == .closed }
}
