import Testing

@testable import MLServingCore

@Suite("Duration units")
struct DurationUnitsTests {
    @Test(arguments: [
        (Duration.seconds(2), Int64(2_000_000), Int64(2_000)),
        (.milliseconds(1_500), 1_500_000, 1_500),
        (.microseconds(999), 999, 0),
        (.nanoseconds(1_999), 1, 0),
        (.zero, 0, 0),
        (.milliseconds(-2), -2_000, -2),
    ])
    func wholeUnits(duration: Duration, microseconds: Int64, milliseconds: Int64) {
        #expect(duration.microseconds == microseconds)
        #expect(duration.milliseconds == milliseconds)
    }
}
