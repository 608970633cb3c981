@testable internal import MessagePack

extension FuzzTarget {
    /// Any value: what is decoded encodes to the same again, and everything that reads values agrees on where they end.
    static let messagePackValues = FuzzTarget("messagepack-values") { bytes in
        let end = endOfValue(in: bytes)
        var refusal: MessagePackError?
        let decoded = decoding(bytes.count, factor: 192) {
            do {
                return try MessagePackDecoder().decode(MessagePackValue.self, from: bytes)
            } catch DecodingError.dataCorrupted(let context) {
                refusal = context.underlyingError as? MessagePackError
                throw DecodingError.dataCorrupted(context)
            }
        }
        guard let decoded else {
            // What can be passed over is a value, but for its texts and its depth.
            let mayBeRefused = refusal.map { [.invalidUTF8, .depthExceeded].contains($0.code) } ?? false
            return expect(end != bytes.count || mayBeRefused, "a complete value was refused: \(String(describing: refusal))")
        }
        expect(end == bytes.count, "a value was decoded and cannot be passed over")
        expect(decoded.depth <= MessagePackLimits.default.maximumDepth, "deeper than the limit")
        checkRoundTrip(decoded)
        checkRaw(bytes)
    }

    private static func endOfValue(in bytes: [UInt8]) -> Int? {
        var reader = MessagePackReader(bytes)
        return (try? reader.skipValue()).map { reader.byteOffset }
    }

    private static func checkRoundTrip(_ value: MessagePackValue) {
        let encoded = expectSuccess("a decoded value cannot be encoded") { try MessagePackEncoder().encode(value) }
        let again = expectSuccess("an encoded value cannot be decoded") {
            try MessagePackDecoder().decode(MessagePackValue.self, from: encoded)
        }
        // Bytes, since numbers that are none differ from themselves.
        expect(expectSuccess("encoding twice") { try MessagePackEncoder().encode(again) } == encoded, "a value changed on its way")

        var sorting = MessagePackEncoder()
        sorting.sortedKeys = true
        let sorted = expectSuccess("a decoded value cannot be encoded in order") { try sorting.encode(value) }
        let sortedValue = expectSuccess("a value in order cannot be decoded") {
            try MessagePackDecoder().decode(MessagePackValue.self, from: sorted)
        }
        expect(expectSuccess("sorting twice") { try sorting.encode(sortedValue) } == sorted, "the order of keys is not stable")
        expect(sorted.count == encoded.count, "sorting keys changed the length")
    }

    private static func checkRaw(_ bytes: [UInt8]) {
        let raw = expectSuccess("a value is none when raw") { try MessagePackRaw(bytes) }
        expect(expectSuccess("a raw value cannot be encoded") { try MessagePackEncoder().encode(raw) } == bytes, "a raw value changed")
        let again = expectSuccess("a value cannot be decoded as raw") { try MessagePackDecoder().decode(MessagePackRaw.self, from: bytes) }
        expect(again == raw, "raw values differ")
    }
}

extension MessagePackValue {
    fileprivate var depth: Int {
        switch self {
        case .array(let values): 1 + (values.map(\.depth).max() ?? 0)
        case .map(let entries): 1 + (entries.map { max($0.key.depth, $0.value.depth) }.max() ?? 0)
        default: 0
        }
    }
}
