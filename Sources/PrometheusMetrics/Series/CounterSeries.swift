internal import CoreMetrics
internal import Synchronization

/// A value that only grows.
final class CounterSeries: Series, CounterHandler, FloatingPointCounterHandler {
    // Whole numbers apart, so that the usual increment is one instruction.
    private let whole = Atomic<Int64>(0)
    private let fraction = AtomicDouble()

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        whole.wrappingAdd(amount, ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount > 0 else { return }
        fraction.add(amount)
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.store(0)
    }

    func write(named name: String, labels: String, to text: inout ExpositionText) {
        text.sample(name, labels: labels, value: Double(whole.load(ordering: .relaxed)) + fraction.value)
    }
}
