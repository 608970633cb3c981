/// A discovered entry of a map.
struct KeyEntry: BitwiseCopyable {
    /// Where the bytes of a string key begin; the key itself if it is an integer.
    let key: Int
    /// The number of bytes of a string key; negative if the key is an integer.
    let keyByteCount: Int
    /// Equal for equal keys.
    let fingerprint: UInt64
    let valueOffset: Int
    /// The entry after this one in the same map; negative for the last.
    var next = -1

    static let integer = -1

    var isInteger: Bool { keyByteCount < 0 }

    /// The bit of ``KeyTable/seen``.
    var bit: UInt64 { 1 << ((fingerprint &* 0x9e37_79b9_7f4a_7c15) >> 58) }

    /// Mixes the length with bytes from both ends of a key, which tells the keys of most structures apart.
    @inline(__always)
    static func fingerprint(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let count = bytes.count
        if count >= 8 {
            let first = bytes.loadUnaligned(as: UInt64.self)
            let last = bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            return (first ^ (last << 29 | last >> 35)) &+ UInt64(count)
        }
        if count >= 4 {
            let first = bytes.loadUnaligned(as: UInt32.self)
            let last = bytes.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            return (UInt64(first) | UInt64(last) << 32) &+ UInt64(count)
        }
        if count == 0 { return 0 }
        return UInt64(bytes[0]) | UInt64(bytes[count / 2]) << 8 | UInt64(bytes[count - 1]) << 16 | UInt64(count) << 24
    }
}
