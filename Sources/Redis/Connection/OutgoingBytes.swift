internal import DequeModule

/// The bytes that a connection has yet to write, in segments. Short commands share one, very long words keep their own.
struct OutgoingBytes {
    private struct Segment {
        var bytes: [UInt8]
        /// Whether the bytes are a command's own.
        let isShared: Bool
    }

    /// A segment that has grown this far is not added to.
    private static let fullSegment = 64 * 1024

    private var sealed = Deque<Segment>()
    private var open: [UInt8] = []
    /// A buffer that has been written, and can be filled again.
    private var spare: [UInt8] = []
    private var written = 0

    var isEmpty: Bool { sealed.isEmpty && open.isEmpty }

    mutating func append(_ command: RedisCommand) {
        open.append(contentsOf: command.head)
        for segment in command.tail {
            if segment.count >= CommandEncoder.veryLongWordBytes {
                seal()
                sealed.append(Segment(bytes: segment, isShared: true))
            } else {
                open.append(contentsOf: segment)
            }
        }
        if open.count >= Self.fullSegment { seal() }
    }

    private mutating func seal() {
        guard !open.isEmpty else { return }
        sealed.append(Segment(bytes: open, isShared: false))
        open = spare
        spare = []
        // Where one segment was not enough, the next is likely to be filled too.
        open.reserveCapacity(Self.fullSegment + CommandEncoder.veryLongWordBytes)
    }

    /// Writes segment by segment until nothing is left or nothing more is taken.
    ///
    /// - Parameter write: Takes bytes, and whether more follow; returns how many it took.
    mutating func write<Failure: Error>(_ write: (UnsafeRawBufferPointer, Bool) throws(Failure) -> Int) throws(Failure) {
        while !sealed.isEmpty {
            try advance(in: sealed[0].bytes, hasMore: sealed.count > 1 || !open.isEmpty, write)
            guard written == sealed[0].bytes.count else { return }
            written = 0
            var segment = sealed.removeFirst()
            guard !segment.isShared else { continue }
            swap(&spare, &segment.bytes)
            spare.removeAll(keepingCapacity: true)
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
