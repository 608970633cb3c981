import EventLoop
import Testing

@testable import MLServingCore

@Suite("Consumer: limits on batches", .timeLimit(.minutes(5)))
struct ConsumerBatchingTests {
    private static let anHour = Duration.seconds(3_600)

    /// A number that says when it is decoded.
    private struct Weight: Codable, Sendable {
        static let decoded = Recorded<Int>()
        let value: Int

        init(from decoder: any Decoder) throws {
            value = try decoder.singleValueContainer().decode(Int.self)
            Self.decoded.append(value)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(value)
        }
    }

    /// Each input costs what it is.
    private struct Scales: BatchPredictor {
        let batches: Recorded<[Int]>
        var batchLimits: BatchLimits { BatchLimits(maximumCost: 1_010, maximumDelay: anHour) }

        func cost(of input: Weight) -> Double { Double(input.value) }

        func predict(batch inputs: [Weight]) async throws -> [Weight] {
            batches.append(inputs.map(\.value))
            return inputs
        }
    }

    @Test func weighedInputsAreDecodedOnceAndPutTogetherByTheirCost() async throws {
        let serving = try await Serving()
        let batches = Recorded<[Int]>()
        try await running(serving.runner(Scales(batches: batches))) {
            for number in [400, 600, 900, 120] { try await serving.publish(number, key: "k\(number)") }
            for number in [400, 600, 900] { try await serving.expect(.success(number), under: "k\(number)") }
            try await serving.publish(1_000, key: "k1000")
            try await serving.expect(.success(120), under: "k120")
        }
        #expect(batches.all.prefix(3) == [[400, 600], [900], [120]])
        for number in [400, 600, 900, 120] { #expect(Weight.decoded.all.filter { $0 == number }.count == 1) }
    }

    @Test func inputThatCannotBeWeighedFailsByItself() async throws {
        let serving = try await Serving()
        try await serving.publish(Message(body: [0xa1, 0x61], headers: [MessageHeader.resultKey: .string("text")]))
        try await serving.publish(1_010, key: "k1010")
        try await running(serving.runner(Scales(batches: Recorded()))) {
            try await serving.expect(.success(1_010), under: "k1010")
            guard case .failure(let error)? = try await serving.record(under: "text").outcomes.first else {
                Issue.record("a text is no weight")
                return
            }
            #expect(error.code == .invalidInput)
        }
    }

    @Test func whoRunsTheConsumerHasTheLastWord() async throws {
        let serving = try await Serving()
        let batches = Recorded<[Int]>()
        let predictor = ClosureBatchPredictor<Int, Int>(BatchLimits(maximumCount: 100)) { inputs in
            batches.append(inputs)
            return inputs
        }
        let overrides = BatchOverrides(maximumCount: 3, maximumDelay: Self.anHour)
        try await running(serving.runner(predictor) { $0.batching = overrides }) {
            for number in 0..<6 { try await serving.publish(number, key: "k\(number)") }
            try await serving.expect(.success(5), under: "k5")
        }
        #expect(batches.all == [[0, 1, 2], [3, 4, 5]])
    }

    @Test func whatIsPredictedOneByOneIsNotHeldBack() async throws {
        let serving = try await Serving()
        let overrides = BatchOverrides(maximumCount: 3, maximumDelay: Self.anHour)
        try await running(serving.runner(ClosurePredictor<Int, Int> { $0 }) { $0.batching = overrides }) {
            try await serving.publish(1, key: "k")
            try await serving.expect(.success(1), under: "k")
        }
    }

    @Test func batchIsNotHeldBackBeyondADeadline() async throws {
        let serving = try await Serving()
        let predictor = ClosureBatchPredictor<Int, Int>(BatchLimits(maximumDelay: Self.anHour)) { $0 }
        let deadline = serving.server.executor.unixMilliseconds + 2_000
        try await serving.publish(7, key: "k", headers: [MessageHeader.deadline: .integer(deadline)])
        try await running(serving.runner(predictor)) { try await serving.expect(.success(7), under: "k") }
    }
}
