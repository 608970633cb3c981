internal import DequeModule

/// The bytes that a connection has yet to write, in segments. Short commands share one, long words keep their own.
struct OutgoingBytes {
    /// A segment that has grown this far is not added to.
    private static let fullSegment = 64 * 1024

    private var sealed = Deque<[UInt8]>()
    private var open: [UInt8] = []
    private var written = 0

    var isEmpty: Bool { sealed.isEmpty && open.isEmpty }

    mutating func append(_ command: RedisCommand) {
        open.append(contentsOf: command.head)
        for segment in command.tail {
            if segment.count >= CommandEncoder.longWordBytes {
                seal()
                sealed.append(segment)
            } else {
                open.append(contentsOf: segment)
            }
        }
        if open.count >= Self.fullSegment { seal() }
    }

    private mutating func seal() {
        guard !open.isEmpty else { return }
        sealed.append(open)
        open = []
    }

    /// Writes segment by segment until nothing is left or nothing more is taken.
    ///
    /// - Parameter write: Takes bytes, and whether more follow; returns how many it took.
    mutating func write<Failure: Error>(_ write: (UnsafeRawBufferPointer, Bool) throws(Failure) -> Int) throws(Failure) {
        while let segment = sealed.first {
            try advance(in: segment, hasMore: sealed.count > 1 || !open.isEmpty, write)
            guard written == segment.count else { return }
            sealed.removeFirst()
            written = 0
        }
        guard !open.isEmpty else { return }
        try advance(in: open, hasMore: false, write)
        guard written == open.count else { return }
        open.removeAll(keepingCapacity: true)
        written = 0
    }

    private mutating func advance<Failure: Error>(
        in segment: [UInt8], hasMore: Bool, _ write: (UnsafeRawBufferPointer, Bool) throws(Failure) -> Int
    ) throws(Failure) {
        while written < segment.count {
            let taken = segment.withUnsafeBytes { bytes in
                Result { () throws(Failure) in try write(UnsafeRawBufferPointer(rebasing: bytes[written...]), hasMore) }
            }
            switch try taken.get() {
            case 0: return
            case let count: written += count
            }
        }
    }
}
