/// Measured times, of which every one is kept.
struct Latencies: Sendable {
    private var nanoseconds: [Int64] = []

    mutating func add(_ duration: Duration) {
        nanoseconds.append(duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000)
    }

    mutating func add(_ others: Latencies) {
        nanoseconds += others.nanoseconds
    }

    /// The time in milliseconds that this share of all stayed within; 0 when there are none.
    func percentile(_ share: Double) -> Double {
        let sorted = nanoseconds.sorted()
        guard !sorted.isEmpty else { return 0 }
        let rank = min(sorted.count - 1, max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1))
        return Double(sorted[rank]) / 1e6
    }
}
