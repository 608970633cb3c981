/// Counts how often a program has been asked to end.
///
/// A signal that comes right after another is the same request: coreutils' `timeout` signals its child, and then the process group with the child in
/// it, and whoever stops a group may do so too.
package struct SignalRequests: Sendable {
    private static let span = Duration.milliseconds(500)

    private var count = 0
    private var last: ContinuousClock.Instant?

    package init() {}

    /// Takes a signal.
    ///
    /// - Returns: Which request it is, from 1 on; `nil` when it belongs to the one before.
    package mutating func receive(at now: ContinuousClock.Instant) -> Int? {
        if let last, now - last < Self.span { return nil }
        last = now
        count += 1
        return count
    }
}
