/// What a reader is willing to take from bytes that it cannot trust.
///
/// Memory needs no limit of its own: nothing is reserved before the bytes for it have been read, so what a text takes stays proportional to
/// its length.
public struct JSONLimits: Hashable, Sendable {
    /// The deepest nesting of arrays and objects; `[[1]]` has depth 2. Bounds the use of the stack by types that nest. Default: 512.
    public var maximumDepth: Int
    /// The longest text in bytes, at most 2 GiB. Default: 512 MiB, the largest value a Redis key can hold.
    public var maximumByteCount: Int
    /// How many values a text may have, those in arrays and objects included. Default: 100 million.
    public var maximumValueCount: Int

    /// The limits used when none are given.
    public static let `default` = JSONLimits()

    /// Makes limits.
    public init(maximumDepth: Int = 512, maximumByteCount: Int = 512 << 20, maximumValueCount: Int = 100_000_000) {
        self.maximumDepth = maximumDepth
        self.maximumByteCount = maximumByteCount
        self.maximumValueCount = maximumValueCount
    }
}
