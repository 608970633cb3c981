internal import Synchronization

/// A fixed number of counts that any thread may add to, without a lock.
///
/// `@unchecked Sendable`: the pointer never changes, what it points to is only ever accessed atomically, and it is freed when nobody can
/// refer to it any more.
final class AtomicCounts: @unchecked Sendable {
    private let counts: UnsafeMutablePointer<Atomic<UInt64>>
    private let count: Int

    init(count: Int) {
        self.count = count
        counts = .allocate(capacity: count)
        for index in 0..<count { (counts + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize(count: count)
        counts.deallocate()
    }

    func increment(_ index: Int) {
        precondition(0..<count ~= index)
        counts[index].wrappingAdd(1, ordering: .relaxed)
    }

    subscript(index: Int) -> UInt64 {
        precondition(0..<count ~= index)
        return counts[index].load(ordering: .relaxed)
    }
}
