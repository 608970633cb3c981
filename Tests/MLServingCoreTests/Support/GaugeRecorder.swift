import Metrics
import Synchronization

/// Keeps the last value of each gauge.
final class GaugeRecorder: MetricsFactory {
    private let values = Mutex<[String: Double]>([:])

    func wait(for label: String, _ value: Double) async {
        await wait { $0[label] == value }
    }

    func wait(until condition: ([String: Double]) -> Bool) async {
        while !condition(values.withLock({ $0 })) { await Task.yield() }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        Handler(label: label, recorder: self)
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { NOOPMetricsHandler.instance }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private final class Handler: RecorderHandler {
        let label: String
        let recorder: GaugeRecorder

        init(label: String, recorder: GaugeRecorder) {
            self.label = label
            self.recorder = recorder
        }

        func record(_ value: Int64) { record(Double(value)) }
        func record(_ value: Double) { recorder.values.withLock { $0[label] = value } }
    }
}
