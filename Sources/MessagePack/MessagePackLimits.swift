/// What a decoder is willing to take from bytes it cannot trust.
///
/// Memory needs no limit of its own: a header that claims more elements than the rest of the input could hold is refused before
/// anything is reserved, so what a decode allocates stays proportional to the input.
public struct MessagePackLimits: Hashable, Sendable {
    /// The deepest nesting of arrays and maps that is decoded; `[[1]]` has depth 2. Bounds the use of the stack. Default: 64.
    public var maximumDepth: Int
    /// The longest input that is decoded, in bytes. Default: 512 MiB, the largest value a Redis key can hold.
    public var maximumByteCount: Int

    /// The limits used when none are given.
    public static let `default` = MessagePackLimits()

    /// Creates limits.
    public init(maximumDepth: Int = 64, maximumByteCount: Int = 512 * 1024 * 1024) {
        self.maximumDepth = maximumDepth
        self.maximumByteCount = maximumByteCount
    }
}

extension MessagePackLimits {
    func check(byteCount: Int) throws(MessagePackError) {
        guard byteCount > maximumByteCount else { return }
        throw MessagePackError(
            .sizeExceeded, "the input has \(byteCount) bytes, and maximumByteCount is \(maximumByteCount)", byteOffset: maximumByteCount)
    }
}
