import Batching

/// Inputs into the batch former, batches out of it, and what it learns of them.
enum BatchFormerBenchmarks {
    static func run(_ stopwatch: Stopwatch) -> [Measurement] {
        [false, true].flatMap { isAdaptive in
            [1, 64, 512].map { size in
                var load = BatchFormerLoad(batchSize: size, isAdaptive: isAdaptive)
                let limits = isAdaptive ? "adaptive limits" : "a fixed limit"
                return stopwatch.measure(group: "batch former", name: "\(size) at a time, \(limits)") { load.turn() }
            }
        }
    }
}
