/// A number to divide by again and again: remainders by two multiplications, which take a fraction of a division's time.
///
/// Source: Lemire, Kaser, Kurz, "Faster remainder by direct computation" (2019).
struct Divisor: Sendable, BitwiseCopyable {
    private let value: UInt32
    /// 2^64 / value, rounded up.
    private let reciprocal: UInt64

    /// - Parameter value: 1 or more.
    init(_ value: UInt32) {
        self.value = value
        // Wraps around to zero for 1, of which the remainder then is zero as well.
        reciprocal = UInt64.max / UInt64(value) &+ 1
    }

    /// What is left of `dividend` after division.
    @inline(__always)
    func remainder(of dividend: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: (reciprocal &* UInt64(dividend)).multipliedFullWidth(by: UInt64(value)).high)
    }
}
