import MLServing
import Synchronization

/// What has been measured so far, by any number of tasks.
final class Measurements: Sendable {
    struct State: Sendable {
        /// From when a request was due until it was answered.
        var latencies = Latencies()
        /// The times that the records tell, added up, in microseconds.
        var times = ResultRecord.Times()
        /// How many records told them.
        var timedCount = 0
        var begun = 0
        var answers = 0
        var errors = 0
        var failure: ServingError?
    }

    private let state = Mutex(State())

    var current: State { state.withLock { $0 } }

    /// How many requests have ended.
    var count: Int { state.withLock { $0.answers + $0.errors } }

    /// Whether every request that has ended has failed.
    var isInVain: Bool { state.withLock { $0.answers == 0 && $0.errors > 0 } }

    /// Counts a request that begins; `false` when all have begun.
    func begin(outOf requests: Int) -> Bool {
        state.withLock { state in
            state.begun += 1
            return state.begun <= requests
        }
    }

    func answered(after latency: Duration, _ times: ResultRecord.Times?) {
        state.withLock { state in
            state.latencies.add(latency)
            state.answers += 1
            guard let times else { return }
            state.timedCount += 1
            // What a record says of times is anything.
            state.times.queued = state.times.queued.addingSaturated(times.queued)
            state.times.batching = state.times.batching.addingSaturated(times.batching)
            state.times.predicting = state.times.predicting.addingSaturated(times.predicting)
        }
    }

    func failed(_ error: ServingError) {
        state.withLock { state in
            state.errors += 1
            state.failure = error
        }
    }
}

extension Int64 {
    /// What a record says may be anything.
    fileprivate func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
