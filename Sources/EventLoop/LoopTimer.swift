/// A timer of a ``TimedExecutor``, to be cancelled there.
public final class LoopTimer: Comparable {
    package let deadline: ContinuousClock.Instant
    let sequence: UInt64
    private var handler: (@Sendable () -> Void)?

    package init(deadline: ContinuousClock.Instant, sequence: UInt64, handler: @escaping @Sendable () -> Void) {
        self.deadline = deadline
        self.sequence = sequence
        self.handler = handler
    }

    /// Whether the handler has neither run nor been cancelled.
    public var isPending: Bool { handler != nil }

    /// Drops the handler. Harmless once it has run.
    public func cancel() {
        handler = nil
    }

    package func fire() {
        guard let handler else { return }
        self.handler = nil
        handler()
    }

    /// Earlier deadlines first; equal ones in the order in which they were set.
    public static func < (left: LoopTimer, right: LoopTimer) -> Bool {
        (left.deadline, left.sequence) < (right.deadline, right.sequence)
    }

    /// Identity.
    public static func == (left: LoopTimer, right: LoopTimer) -> Bool {
        left === right
    }
}
