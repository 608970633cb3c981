/// Byte strings one after another, each after its length.
struct ByteStrings: Sequence {
    private let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// How many there are, if there are no more than so many and they fill the bytes; else -1.
    func count(upTo limit: Int) -> Int {
        var iterator = makeIterator()
        var count = 0
        while count <= limit, iterator.next() != nil { count += 1 }
        return iterator.rest.isEmpty ? count : -1
    }

    func makeIterator() -> Iterator { Iterator(rest: bytes) }

    struct Iterator: IteratorProtocol {
        private(set) var rest: ArraySlice<UInt8>

        fileprivate init(rest: ArraySlice<UInt8>) {
            self.rest = rest
        }

        /// `nil` at the end, and before what is no string.
        mutating func next() -> ArraySlice<UInt8>? {
            guard rest.count >= 4 else { return nil }
            let length = Int(rest.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) })
            guard length <= rest.count - 4 else { return nil }
            let start = rest.startIndex + 4
            defer { rest = rest[(start + length)...] }
            return rest[start..<start + length]
        }
    }
}
