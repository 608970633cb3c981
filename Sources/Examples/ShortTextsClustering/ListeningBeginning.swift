internal import Synchronization

/// Whether a server has begun to listen.
final class ListeningBeginning: Sendable {
    private let state = Mutex(false)

    /// Says that it listens.
    func mark() { state.withLock { $0 = true } }

    /// Whether it has listened.
    var isMarked: Bool { state.withLock { $0 } }
}
