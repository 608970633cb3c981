/// A timer of an ``EventLoop``, to be cancelled on the loop's thread.
public final class LoopTimer: Comparable {
    let deadline: ContinuousClock.Instant
    let sequence: UInt64
    private var handler: (@Sendable () -> Void)?

    init(deadline: ContinuousClock.Instant, sequence: UInt64, handler: @escaping @Sendable () -> Void) {
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

    func fire() {
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
