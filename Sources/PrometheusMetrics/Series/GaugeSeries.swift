internal import CoreMetrics

/// A value that goes up and down.
final class GaugeSeries: Series, RecorderHandler, MeterHandler {
    private let value = AtomicDouble()

    func record(_ value: Int64) {
        self.value.store(Double(value))
    }

    func record(_ value: Double) {
        self.value.store(value)
    }

    func set(_ value: Int64) {
        self.value.store(Double(value))
    }

    func set(_ value: Double) {
        self.value.store(value)
    }

    func increment(by amount: Double) {
        value.add(amount)
    }

    func decrement(by amount: Double) {
        value.add(-amount)
    }

    func write(named name: String, labels: String, to text: inout ExpositionText) {
        text.sample(name, labels: labels, value: value.value)
    }
}
