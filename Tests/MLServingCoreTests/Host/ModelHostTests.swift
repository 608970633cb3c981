import Testing

@testable import MLServingCore

@Suite("ModelHost", .timeLimit(.minutes(2)))
struct ModelHostTests {
    private struct Broken: Error, CustomStringConvertible { var description: String { "the weights are corrupt" } }

    /// Counts what happens to it.
    private struct Loading: Predictor {
        let events: Recorded<String>
        var fails = false

        func load() async throws {
            events.append("load")
            if fails { throw Broken() }
        }

        func unload() async { events.append("unload") }

        func predict(_ number: Int) async throws -> Int {
            events.append("predict")
            return number + 1
        }
    }

    private let server = InMemoryServer()

    private func host(_ configuration: ConsumerConfiguration = ConsumerConfiguration()) -> ModelHost {
        ModelHost(transport: server.transport(), configuration: configuration, logger: Serving.quiet)
    }

    private var client: ModelClient { ModelClient(transport: server.transport(), logger: Serving.quiet) }

    @Test func modelsAreLoadedBeforeAndUnloadedAfterTheyAreServed() async throws {
        let events = Recorded<String>()
        let (host, client) = (host(), client)
        try host.serve(Loading(events: events), as: "m")
        let service = RunningService(host)
        try await host.ready()
        #expect(try await client.predict(1, model: "m") == 2)
        #expect(events.all == ["load", "predict"])
        await service.beginShutdown()
        try await service.waitForEnd()
        #expect(events.all == ["load", "predict", "unload"])
        await client.shutdown()
    }

    @Test func modelThatFailsToLoadIsToldAndTheOthersAreServed() async throws {
        let (host, client, events) = (host(), client, Recorded<String>())
        let broken = try host.serve(Loading(events: events, fails: true), as: "broken")
        let good = try host.serve(ClosurePredictor<Int, Int> { $0 }, as: "good")
        try await running(host, client) {
            await #expect(throws: Broken.self) { try await broken.ready() }
            try await good.ready()
            #expect(try await client.predict(3, model: "good") == 3)
            #expect(!broken.health.report().isReady)
            await #expect(throws: Broken.self) { try await host.ready() }
        }
        #expect(events.all == ["load", "unload"])
    }

    @Test func hostWithoutAModelThatCanBeServedEnds() async throws {
        let (host, events) = (host(), Recorded<String>())
        try host.serve(Loading(events: events, fails: true), as: "one")
        try host.serve(Loading(events: events, fails: true), as: "two")
        await #expect(throws: Broken.self) { try await host.run() }
    }

    @Test func modelsComeAndGoWhileOthersAreServed() async throws {
        let (host, client, events) = (host(), client, Recorded<String>())
        try host.serve(ClosurePredictor<Int, Int> { $0 }, as: "first")
        try await running(host, client) {
            try await host.ready()
            let late = try host.serve(Loading(events: events), as: "late:1")
            try await late.ready()
            #expect(try await client.predict(1, model: "late:1") == 2)
            #expect(host.models.map(\.address) == ["first", "late:1"])
            #expect(await host.unload("late:1"))
            #expect(await events.wait(for: 3) == ["load", "predict", "unload"])
            #expect(try await client.predict(5, model: "first") == 5)
            #expect(await host.unload("late:1") == false)
            // Its name is free again.
            try await host.serve(ClosurePredictor<Int, Int> { -$0 }, as: "late:1").ready()
            #expect(try await client.predict(1, model: "late:1") == -1)
        }
    }

    @Test func unloadedModelAnswersWhatItPredicts() async throws {
        let (host, client, gate, began) = (host(), client, Gate(), Recorded<Int>())
        let predictor = ClosurePredictor<Int, Int> { number in
            began.append(number)
            try await gate.wait()
            return number
        }
        try host.serve(predictor, as: "m", options: ServingOptions(concurrency: 1))
        try await running(host, client) {
            try await host.ready()
            async let answer: Int = client.predict(1, model: "m")
            await began.wait()
            // What no prediction has begun on goes back, for the next that serves the model.
            async let later: Int = client.predict(2, model: "m")
            async let isUnloaded = host.unload("m")
            gate.open()
            #expect(try await answer == 1)
            #expect(await isUnloaded)
            try host.serve(predictor, as: "m")
            #expect(try await later == 2)
        }
    }

    @Test func aSlowModelHoldsUpNoOther() async throws {
        let (host, client, gate) = (host(), client, Gate())
        try host.serve(
            ClosurePredictor<Int, Int> { number in
                try await gate.wait()
                return number
            }, as: "slow")
        try host.serve(ClosurePredictor<Int, Int> { $0 }, as: "quick", options: ServingOptions(isQuick: true))
        try await running(host, client) {
            try await host.ready()
            async let slow: Int = client.predict(0, model: "slow")
            for number in 1...20 { #expect(try await client.predict(number, model: "quick") == number) }
            gate.open()
            #expect(try await slow == 0)
        }
    }

    @Test func optionsTakeThePlaceOfTheTypesOwn() async throws {
        let (host, client, sizes) = (host(ConsumerConfiguration(prefetch: 64)), client, Recorded<Int>())
        let predictor = ClosureBatchPredictor<Int, Int>(BatchLimits(maximumCount: 64, maximumDelay: .zero)) { inputs in
            sizes.append(inputs.count)
            return inputs
        }
        let options = ServingOptions(batching: BatchOverrides(maximumCount: 2, maximumDelay: .seconds(60)))
        try host.serve(predictor, as: "m", options: options)
        try await running(host, client) {
            try await host.ready()
            let batch: BatchPrediction<Int> = try await client.predictions(for: Array(0..<6), model: "m")
            #expect(try batch.outcomes.map { try $0.get() } == Array(0..<6))
        }
        #expect(sizes.all == [2, 2, 2])
    }

    @Test func oneQueueHasOneModel() throws {
        let host = host()
        try host.serve(ClosurePredictor<Int, Int> { $0 }, as: "m:1")
        for name in ["m:1", "m.v1"] as [ModelAddress] {
            let error = #expect(throws: ModelHostError.self) { try host.serve(ClosurePredictor<Int, Int> { $0 }, as: name) }
            #expect(error?.code == .alreadyServed)
        }
    }

    @Test func hostWithoutModelsWaitsForThem() async throws {
        let (host, client) = (host(), client)
        try await running(host, client) {
            try await host.serve(ClosurePredictor<Int, Int> { $0 }, as: "m").ready()
            #expect(try await client.predict(1, model: "m") == 1)
            #expect(await host.unload("m"))
            try await host.serve(ClosurePredictor<Int, Int> { -$0 }, as: "n").ready()
            #expect(try await client.predict(1, model: "n") == -1)
        }
    }

    @Test func celeryIsServedByAConsumerOfOneModel() async throws {
        var configuration = ConsumerConfiguration()
        configuration.dialect = PlainDialect()
        let host = host(configuration)
        try host.serve(ClosurePredictor<Int, Int> { $0 }, as: "m")
        let error = await #expect(throws: ModelHostError.self) { try await host.run() }
        #expect(error?.code == .oneDialect)
    }
}
