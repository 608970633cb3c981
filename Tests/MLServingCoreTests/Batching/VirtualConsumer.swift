import Foundation
import MLServingTesting

@testable import MLServingCore

/// A batch former and its prediction threads in virtual time.
struct VirtualConsumer {
    struct Arrival {
        let time: Duration
        var cost = 1.0
        /// From the same beginning.
        var deadline: Duration?
    }

    struct Batch {
        let items: [Int]
        let reason: BatchReleaseReason
        let start: Duration
        let end: Duration
        /// Since when a thread has been free for it.
        let freeSince: Duration
    }

    let limits: BatchLimits
    var threads = 1
    /// What a batch of a cost takes.
    let time: (Double) -> Duration

    /// Predicts everything that arrives; arrivals are in the order of their time.
    func run(_ arrivals: [Arrival]) -> [Batch] {
        let origin = ContinuousClock.now
        var former = BatchFormer<Int>(limits: limits)
        var (now, freeSince) = (Duration.zero, Duration.zero)
        var (arrived, batches, running) = (0, [Batch](), [(end: Duration, start: Duration, cost: Double)]())
        while true {
            for batch in running where batch.end <= now { former.learn(cost: batch.cost, duration: batch.end - batch.start) }
            if running.count == threads, running.contains(where: { $0.end <= now }) { freeSince = now }
            running.removeAll { $0.end <= now }
            while arrived < arrivals.count, arrivals[arrived].time <= now {
                let arrival = arrivals[arrived]
                former.add(arrived, cost: arrival.cost, deadline: arrival.deadline.map { origin + $0 }, at: origin + arrival.time)
                arrived += 1
            }
            var timer: Duration?
            asking: while running.count < threads {
                switch former.next(at: origin + now) {
                case .idle: break asking
                case .wait(let until):
                    // Else time would stand still.
                    precondition(until > origin + now, "a wait has to end in the future")
                    timer = until - origin
                    break asking
                case .release(let items, let reason):
                    let cost = items.reduce(0) { $0 + arrivals[$1].cost }
                    let end = now + time(cost)
                    batches.append(Batch(items: items, reason: reason, start: now, end: end, freeSince: freeSince))
                    running.append((end, now, cost))
                }
            }
            let events = running.map(\.end) + [timer, arrived < arrivals.count ? arrivals[arrived].time : nil].compactMap { $0 }
            guard let next = events.min() else { return batches }
            now = next
        }
    }

    /// How long each input takes from its arrival to the end of its prediction, shortest first.
    func latencies(_ arrivals: [Arrival]) -> [Duration] {
        run(arrivals).flatMap { batch in batch.items.map { batch.end - arrivals[$0].time } }.sorted()
    }

    /// Arrivals at random, so many a second on average.
    static func poisson(rate: Double, count: Int, seed: UInt64) -> [Arrival] {
        var generator = SeededGenerator(seed: seed)
        var seconds = 0.0
        return (0..<count).map { _ in
            seconds += generator.exponential() / rate
            return Arrival(time: .seconds(seconds))
        }
    }
}

extension RandomNumberGenerator {
    /// A number from the exponential distribution of mean 1.
    mutating func exponential() -> Double {
        -log(1 - Double.random(in: 0..<1, using: &self))
    }
}

extension Collection<Duration> where Index == Int {
    /// The value that a share of the sorted values do not exceed.
    func percentile(_ share: Double) -> Duration {
        self[Swift.min(count - 1, Int(share * Double(count)))]
    }
}
