import Testing

@testable import TextModels

@Suite struct DivisorTests {
    @Test func remaindersAreThoseOfDivision() {
        var random = SeededGenerator(seed: 8)
        let divisors =
            [1, 2, 3, 7, 1 << 16, 2_000_000, 1 << 31 - 1, 1 << 31, .max]
            + (0..<50).map { _ in UInt32.random(in: 1 ... .max, using: &random) }
        for value in divisors as [UInt32] {
            let divisor = Divisor(value)
            let dividends =
                [0, 1, value - 1, value, value &+ 1, value &* 2, .max, .max - 1]
                + (0..<200).map { _ in UInt32.random(in: 0 ... .max, using: &random) }
            for dividend in dividends { #expect(divisor.remainder(of: dividend) == dividend % value) }
        }
    }
}
