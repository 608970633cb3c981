/// Writes a command in RESP2: an array of bulk strings.
///
/// Short words go into one buffer. A long one becomes a segment of its own, which shares the caller's storage: it is not copied until it is put
/// together with other commands, or, if it is very long, until the kernel takes it.
struct CommandEncoder {
    /// From here on, a segment of its own costs less than a copy.
    static let longWordBytes = 512
    /// From here on, a system call of its own costs less than a copy.
    static let veryLongWordBytes = 32 * 1024
    private(set) var head: [UInt8] = []
    private(set) var tail: [[UInt8]] = []

    init(wordCount: Int, reserving capacity: Int) {
        head.reserveCapacity(capacity + 16 * (wordCount + 1))
        appendHeader(UInt8(ascii: "*"), wordCount)
    }

    mutating func append(_ word: String) {
        var word = word
        word.withUTF8 { append(contentsOf: $0) }
    }

    mutating func append(_ word: [UInt8]) {
        guard word.count >= Self.longWordBytes else {
            return word.withUnsafeBufferPointer { append(contentsOf: $0) }
        }
        appendHeader(UInt8(ascii: "$"), word.count)
        // What follows a value is short: the options of its command.
        var rest: [UInt8] = []
        rest.reserveCapacity(64)
        rest.append(UInt8(ascii: "\r"))
        rest.append(UInt8(ascii: "\n"))
        if tail.isEmpty { tail.reserveCapacity(2) }
        tail.append(word)
        tail.append(rest)
    }

    mutating func append(_ word: Int64) {
        append(String(word))
    }

    mutating func append(_ word: RedisArgument) {
        switch word {
        case .string(let string): append(string)
        case .bytes(let bytes): append(bytes)
        case .integer(let integer): append(integer)
        }
    }

    private mutating func append(contentsOf word: UnsafeBufferPointer<UInt8>) {
        appendHeader(UInt8(ascii: "$"), word.count)
        withLastSegment { segment in
            segment.append(contentsOf: word)
            segment.append(UInt8(ascii: "\r"))
            segment.append(UInt8(ascii: "\n"))
        }
    }

    private mutating func appendHeader(_ type: UInt8, _ count: Int) {
        withLastSegment { segment in
            segment.append(type)
            if count < 10 {
                segment.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: count))
            } else {
                segment.append(contentsOf: String(count).utf8)
            }
            segment.append(UInt8(ascii: "\r"))
            segment.append(UInt8(ascii: "\n"))
        }
    }

    // After a long word the last segment is the one that began with the end of its line.
    private mutating func withLastSegment(_ body: (inout [UInt8]) -> Void) {
        if tail.isEmpty { body(&head) } else { body(&tail[tail.count - 1]) }
    }
}
