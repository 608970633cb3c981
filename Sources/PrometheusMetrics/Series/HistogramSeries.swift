internal import CoreMetrics

/// How many values there were, by their size, and their sum.
final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    /// Ascending and finite.
    private let bounds: [Double]
    /// One for each bound, and one for what is above all of them.
    private let counts: AtomicCounts
    private let sum = AtomicDouble()

    init(bounds: [Double]) {
        self.bounds = Set(bounds).filter(\.isFinite).sorted()
        counts = AtomicCounts(count: self.bounds.count + 1)
    }

    func record(_ value: Int64) {
        record(Double(value))
    }

    func record(_ value: Double) {
        // What is not a number would make the sum useless for ever.
        guard !value.isNaN else { return }
        counts.increment(bucket(of: value))
        sum.add(value)
    }

    func recordNanoseconds(_ duration: Int64) {
        record(Double(max(0, duration)) / 1e9)
    }

    /// The first bucket whose bound is not below the value.
    private func bucket(of value: Double) -> Int {
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func write(named name: String, labels: String, to text: inout ExpositionText) {
        let separator = labels.isEmpty ? "" : ","
        var total: UInt64 = 0
        for (index, bound) in (bounds + [.infinity]).enumerated() {
            total &+= counts[index]
            text.sample(name + "_bucket", labels: "\(labels)\(separator)le=\"\(ExpositionText.number(bound))\"", value: Double(total))
        }
        text.sample(name + "_sum", labels: labels, value: sum.value)
        text.sample(name + "_count", labels: labels, value: Double(total))
    }
}
