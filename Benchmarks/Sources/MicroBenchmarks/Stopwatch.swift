import CAllocations

/// Measures what runs on one thread: the median of several runs, each long enough for the clock.
struct Stopwatch {
    /// How many runs there are.
    var repetitions: Int
    /// How long a run takes about, in nanoseconds.
    var runTime: Double = 3e7

    /// Measures an operation.
    ///
    /// - Parameter operation: What is measured. What it returns depends on all that it does, so that nothing of it can be left out.
    func measure(group: String, name: String, baseline: String? = nil, operation: () throws -> Int) rethrows -> Measurement {
        var count = 1
        while true {
            let time = try run(count, operation)
            if time >= runTime / 4 {
                count = max(1, Int(Double(count) * runTime / time))
                break
            }
            count *= 4
        }
        let before = allocations_count()
        _ = try run(count, operation)
        let allocations = Double(allocations_count() - before) / Double(count)
        let times = try (0..<repetitions).map { _ in try run(count, operation) / Double(count) }
        return Measurement(
            group: group, name: name, nanoseconds: times.sorted()[times.count / 2], allocations: allocations, baseline: baseline)
    }

    private func run(_ count: Int, _ operation: () throws -> Int) rethrows -> Double {
        let start = Clock.thread
        var sum = 0
        for _ in 0..<count { sum &+= try operation() }
        let time = Clock.thread - start
        // Never so, but the compiler cannot know.
        if sum == .min { print(sum) }
        return time
    }
}
