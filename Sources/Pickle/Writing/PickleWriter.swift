/// Writes Python's pickle format so that every CPython and every numpy of the last decade reads it.
///
/// Arrays are written as numpy 1 writes them at protocol 4, the one form that numpy 1 and numpy 2 both load.
public struct PickleWriter: Sendable {
    /// The version of the format.
    public enum ProtocolVersion: Sendable, Hashable {
        /// Protocol 2, which Python 2.7 reads too. Binary data becomes text there and grows by half on average.
        case two
        /// Protocol 4, which Python 3.4 and later read.
        case four
    }

    /// The version to write.
    public var protocolVersion: ProtocolVersion
    /// Whether to announce the length ahead of the content, as CPython does at protocol 4. Reading from a file is faster for it.
    public var framing: Bool
    /// How deep containers may nest. 256 by default.
    public var maximumDepth = 256
    /// How long a pickle may become, in bytes. 512 MiB by default, the largest value a Redis key can hold.
    ///
    /// What a value shares is written at each occurrence, so that a value of a few kilobytes can be a pickle of gigabytes.
    public var maximumByteCount = 512 << 20

    /// Makes a writer.
    public init(protocolVersion: ProtocolVersion = .four, framing: Bool = true) {
        self.protocolVersion = protocolVersion
        self.framing = framing
    }

    /// Writes a value.
    ///
    /// - Throws: ``PickleError`` with ``PickleError/Code/notRepresentable`` for a key or an element of a set that Python cannot
    ///   hash, and with ``PickleError/Code/limitExceeded`` for containers that nest too deep and
    ///   for a pickle that becomes too long.
    public func write(_ value: PickleValue) throws(PickleError) -> [UInt8] {
        var session = PickleWritingSession(self)
        return try session.write(value)
    }
}
