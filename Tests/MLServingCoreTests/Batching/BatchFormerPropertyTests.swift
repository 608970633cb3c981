import MLServingTesting
import Testing

@testable import MLServingCore

/// What holds whatever arrives, and whenever.
@Suite("BatchFormer, for all arrivals")
struct BatchFormerPropertyTests {
    /// A thousand random patterns, limits, predictors and numbers of threads.
    @Test func keepsItsPromisesForRandomArrivals() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<1_000 {
            let (fixed, slope) = (Int.random(in: 0...20, using: &generator), Int.random(in: 0...5, using: &generator))
            let consumer = VirtualConsumer(limits: limits(using: &generator), threads: .random(in: 1...3, using: &generator)) { cost in
                .milliseconds(fixed) + .milliseconds(slope) * cost
            }
            check(consumer, arrivals(using: &generator))
        }
    }

    /// Requests as they reached a consumer behind RabbitMQ.
    @Test(arguments: RecordedArrivals.allCases)
    func keepsItsPromisesForRecordedArrivals(_ recorded: RecordedArrivals) {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<50 {
            let slope = Int.random(in: 0...200, using: &generator)
            let consumer = VirtualConsumer(limits: limits(using: &generator), threads: .random(in: 1...3, using: &generator)) { cost in
                .milliseconds(1) + .microseconds(slope) * cost
            }
            check(consumer, recorded.arrivals)
        }
    }

    private func limits(using generator: inout SeededGenerator) -> BatchLimits {
        var limits = BatchLimits(
            maximumCount: .random(in: 1...12, using: &generator),
            maximumCost: Bool.random(using: &generator) ? .random(in: 0.5...15, using: &generator) : nil,
            maximumDelay: .milliseconds(max(0, Int.random(in: -10...20, using: &generator)))
        )
        limits.isAdaptive = .random(using: &generator)
        if Bool.random(using: &generator) { limits.targetLatency = .milliseconds(Int.random(in: 1...80, using: &generator)) }
        return limits
    }

    /// Alone, in clumps, weighed or not, some with a deadline.
    private func arrivals(using generator: inout SeededGenerator) -> [VirtualConsumer.Arrival] {
        let (gap, isWeighed) = (Int.random(in: 0...20, using: &generator), Bool.random(using: &generator))
        var time = Duration.zero
        return (0..<Int.random(in: 1...80, using: &generator)).map { _ in
            if Int.random(in: 0..<4, using: &generator) > 0 { time += .milliseconds(Int.random(in: 0...gap, using: &generator)) }
            let patience = Int.random(in: -50...200, using: &generator)
            return VirtualConsumer.Arrival(
                time: time,
                cost: isWeighed ? .random(in: 0...5, using: &generator) : 1,
                deadline: patience > 0 ? time + .milliseconds(patience) : nil
            )
        }
    }

    private func check(_ consumer: VirtualConsumer, _ arrivals: [VirtualConsumer.Arrival]) {
        let (limits, batches) = (consumer.limits, consumer.run(arrivals))
        #expect(batches.flatMap(\.items) == Array(arrivals.indices), "nothing is lost, doubled or overtaken")
        for batch in batches {
            let inputs = batch.items.map { arrivals[$0] }
            let cost = inputs.reduce(0) { $0 + $1.cost }
            #expect((1...limits.maximumCount).contains(inputs.count))
            #expect(inputs.count == 1 || cost <= limits.maximumCost ?? .infinity)
            // A free thread makes nothing wait for longer than the delay, and not beyond a deadline.
            #expect(batch.start <= max(batch.freeSince, inputs[0].time + limits.maximumDelay))
            for input in inputs { if let deadline = input.deadline { #expect(batch.start <= max(batch.freeSince, input.time, deadline)) } }
            check(batch, inputs, cost: cost, limits: limits)
        }
    }

    /// The reason is the true one.
    private func check(_ batch: VirtualConsumer.Batch, _ inputs: [VirtualConsumer.Arrival], cost: Double, limits: BatchLimits) {
        switch batch.reason {
        case .full: #expect(inputs.count == limits.maximumCount)
        case .cost: #expect(limits.maximumCost != nil)
        case .adaptive: #expect(limits.isAdaptive || limits.targetLatency != nil)
        case .delay: #expect(limits.maximumDelay > .zero)
        case .deadline: #expect(limits.maximumDelay > .zero && inputs.contains { $0.deadline != nil })
        case .free: #expect(limits.maximumDelay == .zero)
        case .alone: Issue.record("a former does not single out")
        }
    }
}
