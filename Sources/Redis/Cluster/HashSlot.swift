/// One of the 16,384 slots that the keys of a Redis Cluster are spread over.
///
/// A key's slot is CRC-16/XMODEM of the key, or of its hash tag, modulo the number of slots; see
/// <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>.
struct HashSlot: Hashable, Sendable {
    /// How many there are.
    static let count = 16_384

    let number: UInt16

    /// `nil` if there is no such slot.
    init?(number: Int64) {
        guard (0..<Int64(Self.count)).contains(number) else { return nil }
        self.number = UInt16(number)
    }

    /// The slot of a key.
    init(key: String) {
        var key = key
        self = key.withUTF8 { HashSlot(key: $0) }
    }

    /// The slot of a key.
    init(key: UnsafeBufferPointer<UInt8>) {
        number = Self.checksum(Self.hashTag(in: key) ?? UnsafeBufferPointer(rebasing: key[...])) % UInt16(Self.count)
    }

    /// The slot of all keys that begin so; `nil` if they are spread over several, for want of a hash tag.
    init?(sharedByKeysWithPrefix prefix: String) {
        var prefix = prefix
        let checksum = prefix.withUTF8 { Self.hashTag(in: $0).map(Self.checksum) }
        guard let checksum else { return nil }
        number = checksum % UInt16(Self.count)
    }

    /// What stands between the first `{` and the first `}` after it, unless that is nothing.
    private static func hashTag(in key: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return nil }
        let rest = key[(open + 1)...]
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > rest.startIndex else { return nil }
        return UnsafeBufferPointer(rebasing: rest[..<close])
    }

    private static func checksum(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt16 {
        let table = table
        return bytes.reduce(0) { checksum, byte in checksum << 8 ^ table[Int(checksum >> 8 ^ UInt16(byte))] }
    }

    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte) << 8) { value, _ in value & 0x8000 == 0 ? value << 1 : value << 1 ^ 0x1021 }
    }
}

extension RedisCommand {
    /// The slot of its key, which is the first argument of most commands; `nil` for a command without arguments.
    var slot: HashSlot? {
        if let key { return HashSlot(key: key) }
        return head.withUnsafeBufferPointer { bytes in
            // *<words> $<length> <name> $<length> <key>, each with an end of line.
            var rest = bytes[...]
            for _ in 0..<4 {
                guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                rest = rest[(end + 1)...]
            }
            guard !rest.isEmpty else { return tail.first.map { $0.withUnsafeBufferPointer { HashSlot(key: $0) } } }
            // A key may hold any bytes: its length says where it ends, which stands in the line before.
            let header = bytes[..<(rest.startIndex - 2)]
            guard let dollar = header.lastIndex(of: UInt8(ascii: "$")) else { return nil }
            let length = header[(dollar + 1)...].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            return HashSlot(key: UnsafeBufferPointer(rebasing: rest.prefix(length)))
        }
    }
}
