import Testing

@testable import MLServingCore

@Suite("PredictionContext", .timeLimit(.minutes(2)))
struct PredictionContextTests {
    private struct Seen: Sendable, Equatable {
        var inputs: [Int]
        var ids: [String]
        var parameters: [Int64?]
    }

    @Test func predictorSeesItsRequest() async throws {
        let serving = try await Serving()
        let seen = Recorded<PredictionRequest>()
        let predictor = ClosurePredictor<Int, String> { number in
            let context = try #require(PredictionContext.current)
            seen.append(try #require(context.requests.first))
            return "\(context.model) \(number)"
        }
        let client = serving.client(of: (Int.self, String.self))
        let options = RequestOptions(timeout: .seconds(60), parameters: ["top_k": 3], metadata: ["tenant": "blue"])
        let prediction = try await running(serving.runner(predictor) { $0.model = "numbers:2" }, client) {
            try await client.prediction(for: 7, options: options)
        }
        #expect(prediction.output == "numbers:2 7")
        let request = try #require(seen.all.first)
        #expect(request.id == prediction.requestID)
        #expect((request.attempt, request.inputIndex) == (1, 0))
        #expect(request.parameters == ["top_k": 3])
        #expect(request.metadata == ["tenant": "blue"])
        #expect(request.deadline != nil)
        #expect(PredictionContext.current == nil)
    }

    @Test func attemptsAreCounted() async throws {
        let serving = try await Serving()
        let attempts = Recorded<Int>()
        let predictor = ClosurePredictor<Int, Int> { number in
            let attempt = PredictionContext.current?.requests.first?.attempt ?? 0
            attempts.append(attempt)
            if attempt < 3 { throw ServingError(code: .predictionFailed, message: "again", isRetryable: true) }
            return number
        }
        try await serving.publish(1, key: "k")
        let runner = serving.runner(predictor) { $0.retries = RetryPolicy(maximumAttempts: 3, baseDelay: .milliseconds(1)) }
        try await running(runner) { try await serving.expect(.success(1), under: "k") }
        #expect(attempts.all == [1, 2, 3])
    }

    /// An input that cannot be read is none of the predictor's, and a batch that fails comes in halves: the requests stay beside their inputs.
    @Test func requestsStandBesideTheirInputs() async throws {
        let serving = try await Serving()
        let seen = Recorded<Seen>()
        let predictor = ClosureBatchPredictor<Int, Int>(BatchLimits(maximumCount: 8, maximumDelay: .seconds(60))) { inputs in
            let requests = PredictionContext.current?.requests ?? []
            seen.append(
                Seen(inputs: inputs, ids: requests.map(\.id), parameters: requests.map { $0.parameters["number"]?.integer }))
            if inputs.count > 1, inputs.contains(5) { throw ServingError(code: .invalidInput, message: "5") }
            return inputs
        }
        for number in 0..<8 {
            var message = Message(body: try MessagePackCodec().encode(number), messageID: "\(number)")
            if number == 2 { message.body = try MessagePackCodec().encode("no number") }
            message.headers[MessageHeader.resultKey] = .string("k\(number)")
            message.headers[MessageHeader.parameters] = .table(["number": .integer(Int64(number))])
            try await serving.publish(message)
        }
        try await running(serving.runner(predictor)) {
            for number in 0..<8 where number != 2 { try await serving.expect(.success(number), under: "k\(number)") }
            #expect(try await serving.number(under: "k2").failure?.code == .invalidInput)
        }
        #expect(seen.all.first?.inputs == [0, 1, 3, 4, 5, 6, 7])
        #expect(seen.all.count > 2)
        for call in seen.all {
            #expect(call.ids == call.inputs.map { "\($0)" })
            #expect(call.parameters == call.inputs.map { Int64($0) })
        }
    }

    @Test func malformedParametersAreAnsweredAndNothingElseIsHarmed() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "bad", headers: [MessageHeader.parameters: .string("top_k=3")])
        try await serving.publish(2, key: "good")
        try await running(serving.runner(ClosurePredictor<Int, Int> { $0 })) {
            #expect(try await serving.number(under: "bad").failure?.code == .malformedRequest)
            try await serving.expect(.success(2), under: "good")
        }
        #expect(try await serving.deadLetters(1).count == 1)
    }

    @Test func equalInputsWithOtherParametersAreNotShared() async throws {
        let serving = try await Serving()
        let predictor = CachingPredictor()
        let client = serving.client(of: (Int.self, String.self))
        try await running(serving.runner(predictor), client) {
            for scale in [1, 2, 1] as [ParameterValue] {
                let output = try await client.predict(7, options: RequestOptions(parameters: ["scale": scale]))
                #expect(output == "\(7 * (scale.integer ?? 0))")
            }
            #expect(try await client.predict(7) == "0")
        }
        #expect(predictor.predicted.all == [1, 2, 0])
    }

    @Test func resultsAreKeptAsLongAsTheRequestSays() async throws {
        let serving = try await Serving()
        let client = serving.client()
        let runner = serving.runner(ClosurePredictor<Int, Int> { $0 }) {
            $0.resultTimeToLive = .seconds(600)
            $0.maximumResultTimeToLive = .seconds(600)
        }
        try await running(runner, client) {
            let brief = try await client.submit(1, options: RequestOptions(resultTimeToLive: .milliseconds(1)))
            let usual = try await client.submit(2)
            #expect(try await client.result(of: usual) == 2)
            let error = await #expect(throws: ServingError.self) { _ = try await client.result(of: brief, timeout: .milliseconds(200)) }
            #expect(error?.code == .expired)
        }
    }

    private struct CachingPredictor: Predictor {
        let predicted = Recorded<Int64>()
        var resultCaching: ResultCaching? { ResultCaching(model: "m", version: "1") }

        func predict(_ number: Int) async throws -> String {
            let scale = PredictionContext.current?.requests.first?.parameters["scale"]?.integer ?? 0
            predicted.append(scale)
            return "\(Int64(number) * scale)"
        }
    }
}
