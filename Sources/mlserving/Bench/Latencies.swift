import Histogram

/// Measured times, to three digits, in memory that does not grow with their number.
struct Latencies: Sendable {
    private static let maximum: UInt64 = 3_600_000_000_000
    private var nanoseconds = Histogram<UInt64>(highestTrackableValue: maximum, numberOfSignificantValueDigits: .three)

    mutating func add(_ duration: Duration) {
        let components = duration.components
        let time = max(0, components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000)
        nanoseconds.record(min(UInt64(time), Self.maximum))
    }

    mutating func add(_ others: Latencies) {
        nanoseconds.add(others.nanoseconds)
    }

    /// The time in milliseconds that this share of all stayed within; 0 when there are none.
    func percentile(_ share: Double) -> Double {
        nanoseconds.totalCount == 0 ? 0 : Double(nanoseconds.valueAtPercentile(share * 100)) / 1e6
    }

    var mean: Double { nanoseconds.totalCount == 0 ? 0 : nanoseconds.mean / 1e6 }
}
