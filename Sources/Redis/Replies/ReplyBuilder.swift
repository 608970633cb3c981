/// Builds replies out of the parts that the parser finds.
///
/// What a reply may hold is bounded in bytes, in nesting and, by the bytes that they must at least take on the wire, in elements. Space
/// is reserved for what has arrived, never for what was announced.
final class ReplyBuilder {
    private struct Frame {
        var elements: [RedisReply] = []
        var missing: Int
    }

    /// The nesting that hiredis 0.14 reads; 1.x would read more.
    private static let maximumDepth = 8
    /// The shortest element on the wire, `+\r\n`.
    private static let leastBytesPerElement = 3

    private let maximumBytes: Int
    private var frames: [Frame] = []
    private var byteCount = 0
    private var finished: RedisReply?
    private(set) var failure: ReplyFailure?

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// The bytes that the unfinished reply holds so far.
    var heldBytes: Int { byteCount }

    /// The finished reply, once.
    func take() -> RedisReply? {
        defer { finished = nil }
        return finished
    }

    /// Adds a reply that is not an array, or an element of one.
    func append(_ reply: RedisReply, byteCount: Int) -> Bool {
        guard charge(byteCount + MemoryLayout<RedisReply>.stride) else { return false }
        close(reply)
        return true
    }

    /// Begins an array of which `count` elements follow.
    func beginArray(count: Int) -> Bool {
        guard frames.count < Self.maximumDepth else {
            failure = .violation("arrays are nested deeper than \(Self.maximumDepth)")
            return false
        }
        guard count <= maximumBytes / Self.leastBytesPerElement else {
            failure = .tooLarge(limit: maximumBytes)
            return false
        }
        guard charge(MemoryLayout<RedisReply>.stride) else { return false }
        if count == 0 {
            close(.array([]))
        } else {
            var frame = Frame(missing: count)
            frame.elements.reserveCapacity(min(count, 32))
            frames.append(frame)
        }
        return true
    }

    /// Counts bytes before they are copied.
    func charge(_ count: Int) -> Bool {
        byteCount += count
        if byteCount <= maximumBytes + Self.slack { return true }
        failure = .tooLarge(limit: maximumBytes)
        return false
    }

    // A value of exactly the maximum is within it, whatever the enum around it takes.
    private static let slack = MemoryLayout<RedisReply>.stride

    private func close(_ reply: RedisReply) {
        var reply = reply
        while let last = frames.indices.last {
            frames[last].elements.append(reply)
            frames[last].missing -= 1
            if frames[last].missing > 0 { return }
            reply = .array(frames.removeLast().elements)
        }
        finished = reply
        byteCount = 0
    }
}
