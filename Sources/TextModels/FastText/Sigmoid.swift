#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The logistic function, in the two forms fastText computes it.
enum Sigmoid {
    private static let bound: Float = 8
    private static let steps = 512
    private static let table = (0...steps).map { step in
        Float(1 / (1 + Double(exp(-(Float(step * 2 * Int(bound)) / Float(steps) - bound)))))
    }

    /// The sum is rounded to 32 bits before it divides, as in fastText.
    static func exact(_ value: Float) -> Float {
        Float(1 / Double(1 + exp(-value)))
    }

    /// Looked up in steps of 1/32, and 0 or 1 beyond ±8; no number stays no number.
    static func tabulated(_ value: Float) -> Float {
        if value < -bound { return 0 }
        if value > bound { return 1 }
        guard !value.isNaN else { return value }
        return table[Int((value + bound) * Float(steps) / bound / 2)]
    }
}
