import MLServingTesting
import Testing

@testable import MLServingCore

/// How good the adaptive limits are, in virtual time: the same on every machine.
@Suite("Adaptive batching")
struct AdaptiveBatchingTests {
    /// 2 ms, and 0.05 ms for each input.
    private static func time(of cost: Double) -> Duration { .microseconds(2_000) + .microseconds(50) * cost }

    /// At 80 % of what the predictor can carry, the 99th percentile is near that of the best fixed limits, which a sweep finds.
    @Test(arguments: [(32, 1), (64, 1), (256, 1), (32, 2), (64, 2)])
    func isAsGoodAsTheBestFixedLimits(_ maximumCount: Int, _ threads: Int) async throws {
        // A batch of the greatest size carries the most.
        let capacity = Double(threads * maximumCount) / Self.time(of: Double(maximumCount)).seconds
        let arrivals = VirtualConsumer.poisson(rate: 0.8 * capacity, count: 20_000, seed: 42)
        let adaptive = percentile(.adaptive(maximumCount: maximumCount), threads, arrivals)
        var best: (time: Duration, limits: BatchLimits)?
        for count in [8, 16, 24, 32, 48, 64, 96, 128, 192, 256] where count <= maximumCount {
            for delay in [0, 250, 500, 1_000, 2_000, 4_000, 8_000] {
                let limits = BatchLimits(maximumCount: count, maximumDelay: .microseconds(delay))
                let time = percentile(limits, threads, arrivals)
                if time < best?.time ?? .seconds(1e9) { best = (time, limits) }
                // Other tests wait for this thread.
                await Task.yield()
            }
        }
        let (time, limits) = try #require(best)
        print(
            "up to \(maximumCount), \(threads) threads, \(Int(0.8 * capacity)) inputs/s: p99 adaptive \(adaptive),",
            "best fixed \(time) (\(limits.maximumCount) inputs, \(limits.maximumDelay)), ratio \(adaptive / time)"
        )
        #expect(adaptive <= time * 2)
        // With one thread holding back never pays.
        if threads == 1 { #expect(adaptive <= time * 1.1) }
    }

    private func percentile(_ limits: BatchLimits, _ threads: Int, _ arrivals: [VirtualConsumer.Arrival]) -> Duration {
        VirtualConsumer(limits: limits, threads: threads, time: Self.time).latencies(arrivals).percentile(0.99)
    }

    /// Where inputs take their time one by one, whoever comes first does not wait for the others' predictions.
    @Test func batchesStaySmallWhereTheyDoNotPay() {
        let arrivals = VirtualConsumer.poisson(rate: 40, count: 3_000, seed: 1)
        let time: (Double) -> Duration = { .milliseconds(1) + .milliseconds(20) * $0 }
        let adaptive = VirtualConsumer(limits: .adaptive(), time: time)
        let fixed = VirtualConsumer(limits: BatchLimits(maximumCount: 64), time: time)
        let medians = [adaptive, fixed].map { $0.latencies(arrivals).percentile(0.5) }
        print("inputs that do not gain from batches: p50 adaptive \(medians[0]), fixed \(medians[1])")
        #expect(medians[0] < medians[1])
        #expect(adaptive.run(arrivals).suffix(1_000).contains { $0.reason == .adaptive })
    }

    /// Of a crowd that comes at once, those in front get through in time.
    @Test func targetIsKeptForAsManyAsPossible() {
        var arrivals: [VirtualConsumer.Arrival] = []
        for crowd in 0..<100 {
            // Some come alone: from equal batches nothing is learned.
            let start = Duration.milliseconds(400) * crowd
            arrivals.append(.init(time: start))
            arrivals += (0..<100).map { _ in .init(time: start + .milliseconds(200)) }
        }
        let time: (Double) -> Duration = { .milliseconds(2) + .milliseconds(1) * $0 }
        let target = Duration.milliseconds(50)
        let inTime = [BatchLimits.adaptive(targetLatency: target, maximumCount: 100), BatchLimits(maximumCount: 100)].map { limits in
            VirtualConsumer(limits: limits, time: time).latencies(arrivals).filter { $0 <= target }.count
        }
        print("within the target of \(target): adaptive \(inTime[0]), fixed \(inTime[1]) of \(arrivals.count)")
        #expect(inTime[0] > 100 * 30)
        #expect(inTime[1] == 100)
    }

    /// A target below what the load permits does not make the consumer slower than without.
    @Test func targetThatCannotBeKeptDoesNoHarm() {
        let capacity = 64 / Self.time(of: 64).seconds
        let arrivals = VirtualConsumer.poisson(rate: 0.8 * capacity, count: 20_000, seed: 5)
        let free = percentile(.adaptive(), 1, arrivals)
        for target in [1, 3, 5, 8, 20] {
            let bound = percentile(.adaptive(targetLatency: .milliseconds(target)), 1, arrivals)
            print("target \(target) ms: p99 \(bound), without \(free)")
            #expect(bound <= free * 1.5)
        }
    }
}
