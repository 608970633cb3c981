import Testing

@testable import MLServingCore

@Suite("ModelClient", .timeLimit(.minutes(2)))
struct ModelClientTests {
    private static let numbers: ModelAddress = "numbers"
    private static let texts: ModelAddress = "texts:2"

    /// A host with a model of numbers and one of texts, and a client of both.
    private func withModels(
        configure: (inout ProducerConfiguration) -> Void = { _ in }, numbers: ClosurePredictor<Int, Int> = ClosurePredictor { $0 * 2 },
        _ body: @Sendable (ModelClient, InMemoryServer) async throws -> Void
    ) async throws {
        let server = InMemoryServer()
        let host = ModelHost(transport: server.transport(), configuration: ConsumerConfiguration(prefetch: 64), logger: Serving.quiet)
        try host.serve(numbers, as: Self.numbers)
        try host.serve(ClosurePredictor<String, String> { $0.uppercased() }, as: Self.texts)
        var configuration = ProducerConfiguration()
        configure(&configuration)
        let client = ModelClient(transport: server.transport(), configuration: configuration, logger: Serving.quiet)
        try await running(host, client) {
            try await host.ready()
            try await body(client, server)
        }
    }

    @Test func oneClientAsksModelsOfDifferentTypes() async throws {
        try await withModels { client, _ in
            #expect(try await client.predict(21, model: Self.numbers) == 42)
            #expect(try await client.predict("hello", model: Self.texts) == "HELLO")
            let batch: BatchPrediction<Int> = try await client.predictions(for: [1, 2, 3], model: Self.numbers)
            #expect(try batch.outcomes.map { try $0.get() } == [2, 4, 6])
            #expect(!batch.requestID.isEmpty)
        }
    }

    @Test func typedClientIsAViewOfIt() async throws {
        try await withModels { client, _ in
            let texts = ProducerClient<String, String>(client, model: Self.texts)
            #expect(try await texts.predict("view") == "VIEW")
            let ticket = try await texts.submit("later")
            #expect(try await texts.result(of: ticket) == "LATER")
        }
    }

    @Test func encodedInputsTravelAsTheyAre() async throws {
        try await withModels { client, _ in
            let json = EncodedValue(contentType: .json, bytes: Array(#""json""#.utf8)[...])
            let output = try await client.predict(json, model: Self.texts, returning: EncodedValue.self)
            #expect(output.contentType == .json)
            #expect(String(decoding: output.bytes, as: UTF8.self) == #""JSON""#)
            let outputs = try await client.predictions(for: [json, json], model: Self.texts, returning: String.self)
            #expect(try outputs.outcomes.map { try $0.get() } == ["JSON", "JSON"])
        }
    }

    @Test func encodedInputsOfSeveralTypesDoNotShareARequest() async throws {
        try await withModels { client, _ in
            let json = EncodedValue(contentType: .json, bytes: Array("1".utf8)[...])
            let packed = EncodedValue(contentType: .messagePack, bytes: [1])
            for inputs in [[json, packed], [packed, json]] {
                let error = await #expect(throws: ServingError.self) {
                    _ = try await client.predictions(for: inputs, model: Self.numbers, returning: Int.self)
                }
                #expect(error?.code == .unsupportedContentType)
            }
        }
    }

    @Test func modelThatNobodyServesIsUnroutable() async throws {
        try await withModels { client, _ in
            let error = await #expect(throws: ServingError.self) {
                let _: Int = try await client.predict(1, model: "numbers:9", options: RequestOptions(timeout: .milliseconds(100)))
            }
            #expect(error?.code == .unroutable)
        }
    }

    @Test func errorsNameTheirRequests() async throws {
        let ids = Recorded<String>()
        let picky = ClosurePredictor<Int, Int> { number in
            ids.append(PredictionContext.current?.requests.first?.id ?? "")
            guard number > 0 else { throw ServingError(code: .invalidInput, message: "not positive") }
            return number
        }
        try await withModels(numbers: picky) { client, _ in
            let error = await #expect(throws: ServingError.self) {
                _ = try await client.predict(0, model: Self.numbers, returning: Int.self)
            }
            #expect(error?.requestID == ids.all.first)
            #expect(error?.requestID?.isEmpty == false)
            let wrong = await #expect(throws: ServingError.self) {
                _ = try await client.predict(1, model: Self.numbers, returning: String.self)
            }
            #expect(wrong?.code == .invalidOutput)
            #expect(wrong?.requestID == ids.all.last)
        }
    }

    /// Else calls of a model that does not answer would take the room of all others.
    @Test func modelThatDoesNotAnswerHoldsUpNoOtherModel() async throws {
        let gate = Gate()
        let slow = ClosurePredictor<Int, Int> { number in
            try await gate.wait()
            return number
        }
        try await withModels(configure: { $0.maximumInFlight = 2 }, numbers: slow) { client, _ in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<5 { group.addTask { try await client.predict(number, model: Self.numbers) } }
                for _ in 0..<3 { #expect(try await client.predict("others", model: Self.texts) == "OTHERS") }
                gate.open()
                var sum = 0
                for try await number in group { sum += number }
                #expect(sum == 10)
            }
        }
    }

    @Test func coalescedCallsGoToTheirOwnModels() async throws {
        try await withModels(configure: { $0.coalescing = Coalescing(maximumCount: 64, window: .milliseconds(20)) }) { client, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let answer: Int = try await client.predict(number, model: Self.numbers)
                        #expect(answer == 2 * number)
                    }
                    group.addTask {
                        let answer: String = try await client.predict("t\(number)", model: Self.texts)
                        #expect(answer == "T\(number)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Options belong to one call: a call with some shares no message.
    @Test func callsWithOptionsTravelAlone() async throws {
        let seen = Recorded<[String: ParameterValue]>()
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(PredictionContext.current?.requests.first?.parameters ?? [:])
            return number
        }
        try await withModels(configure: { $0.coalescing = Coalescing(window: .milliseconds(20)) }, numbers: predictor) { client, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let parameters: [String: ParameterValue] = number % 2 == 0 ? [:] : ["number": .integer(Int64(number))]
                        let options = RequestOptions(timeout: .seconds(60), parameters: parameters)
                        let answer: Int = try await client.predict(number, model: Self.numbers, options: options)
                        #expect(answer == number)
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(Set(seen.all.compactMap { $0["number"]?.integer }) == Set(stride(from: 1, to: 20, by: 2).map { Int64($0) }))
        #expect(seen.all.count { $0.isEmpty } == 10)
    }

    @Test func cancellationReachesTheModelsOwnConsumers() async throws {
        let (gate, began) = (Gate(), Recorded<Int>())
        let predictor = ClosurePredictor<Int, Int> { number in
            began.append(number)
            if number == 0 { try await gate.wait() }
            return number
        }
        let server = InMemoryServer()
        let host = ModelHost(transport: server.transport(), logger: Serving.quiet)
        try host.serve(predictor, as: Self.numbers, options: ServingOptions(concurrency: 1))
        let client = ModelClient(transport: server.transport(), logger: Serving.quiet)
        try await running(host, client) {
            try await host.ready()
            let first = try await client.submit(0, model: Self.numbers)
            await began.wait()
            let second = try await client.submit(1, model: Self.numbers)
            #expect(try await client.cancel(second, model: Self.numbers))
            let error = await #expect(throws: ServingError.self) { _ = try await client.result(of: second, returning: Int.self) }
            #expect(error?.code == .cancelled)
            gate.open()
            #expect(try await client.result(of: first) == 0)
        }
        #expect(began.all == [0])
    }

    @Test func lanesThatAreEmptyAreForgotten() {
        var lanes = Lanes()
        for number in 0..<1_000 { _ = lanes.lane(of: "queue \(number)") }
        #expect(lanes.all.count <= 64)
        let busy = lanes.lane(of: "busy")
        busy.begin()
        for number in 0..<1_000 { _ = lanes.lane(of: "other \(number)") }
        #expect(lanes.lane(of: "busy") === busy)
    }
}
