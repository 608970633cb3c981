/// A number of 16 bits with the range of `Float` and two to three decimal digits: the upper half of its bits.
public struct BFloat16: BitwiseCopyable, Sendable, Hashable {
    /// The bits.
    public var bitPattern: UInt16

    /// Makes a number of its bits.
    public init(bitPattern: UInt16) {
        self.bitPattern = bitPattern
    }

    /// Rounds to the nearest number, of two that are as near to the even one; infinite beyond the range.
    public init(_ value: Float) {
        let bits = value.bitPattern
        if value.isNaN {
            // Rounding could carry into the exponent; a quiet NaN keeps its upper bits.
            bitPattern = UInt16(truncatingIfNeeded: bits >> 16) | 0x40
        } else {
            bitPattern = UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
        }
    }
}

extension Float {
    /// The same number, exactly.
    public init(_ value: BFloat16) {
        self.init(bitPattern: UInt32(value.bitPattern) << 16)
    }
}
