import Logging
import MLServing
import MLServingHealth
import Metrics
import PrometheusMetrics
import ServiceLifecycle
import Testing

@Suite("HealthServer", .timeLimit(.minutes(5)))
struct HealthServerTests {
    /// Runs a consumer that answers on a free port.
    private func serving<Outcome: Sendable>(
        _ predictor: NumberPredictor,
        on serving: TestServing = TestServing(),
        limits: HealthLimits = HealthLimits(),
        metrics: PrometheusRegistry? = nil,
        body: @Sendable (ConsumerRunner, Int) async throws -> Outcome
    ) async throws -> Outcome {
        let runner = serving.runner(predictor)
        let (ports, port) = AsyncStream<Int>.makeStream()
        return try await beside {
            try await runner.run(
                answeringAt: HealthConfiguration(port: 0, limits: limits), metrics: metrics, logger: TestServing.quiet
            ) { port.yield($0) }
        } body: {
            var iterator = ports.makeAsyncIterator()
            return try await body(runner, #require(await iterator.next()))
        }
    }

    @Test func hostTellsOfEachOfItsModels() async throws {
        struct Broken: Predictor {
            func load() async throws { throw ServingError(code: .predictionFailed, message: "the weights are corrupt") }
            func predict(_ number: Int) async throws -> Int { number }
        }
        let serving = TestServing()
        let host = ModelHost(
            transport: serving.server.transport(), configuration: ConsumerConfiguration(gracefulShutdownSignals: []),
            logger: TestServing.quiet)
        let good = try host.serve(NumberPredictor(), as: "good:1")
        let broken = try host.serve(Broken(), as: "broken")
        let (ports, port) = AsyncStream<Int>.makeStream()
        try await beside {
            try await host.runService(answeringAt: HealthConfiguration(port: 0), logger: TestServing.quiet) { port.yield($0) }
        } body: {
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            try await good.ready()
            await #expect(throws: ServingError.self) { try await broken.ready() }
            // One that fails again and again is no reason to restart the others.
            let live = try TestAnswer.of("/live", port: port)
            #expect(live.status == 200)
            let ready = try TestAnswer.of("/ready", port: port)
            #expect(ready.status == 503)
            #expect(ready.body.contains("the weights are corrupt"))
            #expect(ready.body.contains("\"good:1\":{"))
            #expect(await host.unload("broken"))
            #expect(try TestAnswer.of("/ready", port: port).status == 200)
        }
    }

    @Test func readyConsumerAnswersSo() async throws {
        try await serving(NumberPredictor(warmUpInputs: [1])) { runner, port in
            while !runner.health.report().isReady { await Task.yield() }
            for path in ["/live", "/ready", "/ready?verbose"] {
                let answer = try TestAnswer.of(path, port: port)
                #expect(answer.status == 200)
                #expect(answer.head.contains("Content-Type: application/json\r\n"))
                #expect(answer.body.contains("\"live\":true"))
                #expect(answer.body.contains("\"ready\":true"))
                #expect(answer.body.contains("\"problems\":[]"))
            }
        }
    }

    @Test func consumerThatIsLiveAndNotReadySaysWhy() async throws {
        try await serving(NumberPredictor(warmUpInputs: [1], gate: Gate())) { runner, port in
            while runner.health.report().runningPredictions == 0 { await Task.yield() }
            #expect(try TestAnswer.of("/live", port: port).status == 200)
            let answer = try TestAnswer.of("/ready", port: port)
            #expect(answer.status == 503)
            #expect(answer.body.contains("\"code\":\"warming_up\""))
            #expect(answer.body.contains("\"ready\":false"))
        }
    }

    @Test func stuckConsumerIsNotLive() async throws {
        let test = TestServing()
        let predictor = NumberPredictor(warmUpInputs: [1], gate: Gate())
        try await serving(predictor, on: test, limits: HealthLimits(progress: .milliseconds(1))) { runner, port in
            while runner.health.report().longestPrediction ?? .zero < .milliseconds(2) { await Task.yield() }
            let answer = try TestAnswer.of("/live", port: port)
            #expect(answer.status == 503)
            #expect(answer.body.contains("\"code\":\"stuck_prediction\""))
        }
    }

    @Test func metricsTellOfWhatWasServed() async throws {
        let (test, metrics) = (TestServing(), PrometheusRegistry.forServing())
        try await withMetricsFactory(metrics) {
            try await serving(NumberPredictor(warmUpInputs: [1]), on: test, metrics: metrics) { runner, port in
                while !runner.health.report().isReady { await Task.yield() }
                let client = test.client()
                _ = try await client.predict(7, timeout: .seconds(60))
                _ = await #expect(throws: ServingError.self) { _ = try await client.predict(-1, timeout: .seconds(60)) }
                let answer = try TestAnswer.of("/metrics", port: port)
                #expect(answer.status == 200)
                #expect(answer.head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
                let queue = "queue=\"\(test.queue.name)\""
                for sample in [
                    "mlserving_consumer_requests_total{\(queue)} 2", "mlserving_consumer_outcomes_total{outcome=\"ok\",\(queue)} 1",
                    "mlserving_consumer_outcomes_total{outcome=\"invalid_input\",\(queue)} 1",
                    "mlserving_consumer_predict_seconds_count{\(queue)} 2", "mlserving_consumer_batch_size_bucket{\(queue),le=\"1\"} 2",
                ] {
                    #expect(answer.body.contains("\n\(sample)\n"), "\(sample)")
                }
                await client.shutdown()
            }
        }
    }

    @Test func withoutRegistryThereAreNoMetrics() async throws {
        try await serving(NumberPredictor()) { _, port in
            let answer = try TestAnswer.of("/metrics", port: port)
            #expect(answer.status == 404)
        }
    }

    @Test func otherPathsAndMethodsAreRefused() async throws {
        try await serving(NumberPredictor(warmUpInputs: [1])) { runner, port in
            while !runner.health.report().isReady { await Task.yield() }
            #expect(try TestAnswer.of("/", port: port).status == 404)
            #expect(try TestAnswer.of("/live/", port: port).status == 404)
            let post = try TestAnswer.of("/live", method: "POST", port: port)
            #expect(post.status == 405)
            #expect(post.head.contains("Allow: GET, HEAD"))
            let head = try TestAnswer.of("/live", method: "HEAD", port: port)
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(!head.head.contains("Content-Length: 0"))
        }
    }

    @Test func drainingConsumerAnswersUntilItHasEnded() async throws {
        let (test, gate) = (TestServing(), Gate())
        let runner = test.runner(NumberPredictor(gate: gate))
        let (ports, port) = AsyncStream<Int>.makeStream()
        let service = RunAnswering(runner: runner) { port.yield($0) }
        let group = ServiceGroup(services: [service], gracefulShutdownSignals: [], cancellationSignals: [], logger: TestServing.quiet)
        let run = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let number = try #require(await iterator.next())
        while !runner.health.report().isRegistered { await Task.yield() }
        let client = test.client()
        async let result = client.predict(7, timeout: .seconds(60))
        while runner.health.report().runningPredictions == 0 { await Task.yield() }
        await group.triggerGracefulShutdown()
        while runner.health.report().readinessProblems.first?.code != .draining { await Task.yield() }
        #expect(try TestAnswer.of("/live", port: number).status == 200)
        #expect(try TestAnswer.of("/ready", port: number).body.contains("draining"))
        gate.open()
        try await run.value
        #expect(try await result == 7)
        #expect(throws: TestSocket.Failure.self) { try TestSocket(port: number) }
        await client.shutdown()
    }

    @Test func portThatIsTakenEndsTheConsumerBeforeItConsumes() async throws {
        try await serving(NumberPredictor()) { _, port in
            let second = TestServing()
            let runner = second.runner(NumberPredictor())
            let error = await #expect(throws: HealthServerError.self) {
                try await runner.run(answeringAt: HealthConfiguration(port: port), logger: TestServing.quiet)
            }
            #expect(error?.message.contains("127.0.0.1:\(port)") == true)
            #expect(runner.health.report().readinessProblems.map(\.code) == [.notStarted])
        }
    }

    @Test(arguments: ["example.org", "", "256.0.0.1", "127.0.0.1:80"])
    func hostThatIsNoAddressIsRefused(host: String) async throws {
        let server = HealthServer(health: TestServing().runner(NumberPredictor()).health, configuration: .init(host: host, port: 0))
        await #expect(throws: HealthServerError.self) { try await server.run() }
    }

    // MARK: Those who mean no good

    @Test func silentClientsDoNotKeepOthersFromAnAnswer() async throws {
        try await serving(NumberPredictor(warmUpInputs: [1])) { runner, port in
            while !runner.health.report().isReady { await Task.yield() }
            var silent: [TestSocket] = []
            for _ in 0..<100 {
                let socket = try TestSocket(port: port)
                try socket.send("GET /live HT")
                silent.append(socket)
            }
            #expect(try TestAnswer.of("/live", port: port).status == 200)
            // The first were dropped for the last.
            #expect((try? silent[0].receiveAll()) ?? "" == "")
            try silent[99].send("TP/1.1\r\n\r\n")
            #expect(try TestAnswer(silent[99].receiveAll()).status == 200)
        }
    }

    @Test func crowdMakesRoomAmongItself() async throws {
        try await serving(NumberPredictor(warmUpInputs: [1])) { runner, port in
            while !runner.health.report().isReady { await Task.yield() }
            let slow = try TestSocket(port: port, from: 0x7f00_0002)
            try slow.send("GET /live HT")
            let crowd = try (0..<100).map { _ in try TestSocket(port: port) }
            for socket in crowd { try? socket.send("GET ") }
            #expect(try TestAnswer.of("/live", port: port).status == 200)
            try slow.send("TP/1.1\r\n\r\n")
            #expect(try TestAnswer(slow.receiveAll()).status == 200)
            withExtendedLifetime(crowd) {}
        }
    }

    @Test func clientThatClosesItsEndIsAnsweredOnceWhateverFollows() async throws {
        try await serving(NumberPredictor(warmUpInputs: [1])) { runner, port in
            while !runner.health.report().isReady { await Task.yield() }
            let socket = try TestSocket(port: port)
            try socket.send(String(repeating: "GET /live HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", count: 3))
            socket.finish()
            let text = try socket.receiveAll()
            #expect(text.split(separator: "HTTP/1.1 ").count == 1)
            #expect(try TestAnswer(text).status == 200)
        }
    }

    @Test func answerSurvivesABodyThatNobodyReads() async throws {
        try await serving(NumberPredictor(warmUpInputs: [1])) { runner, port in
            while !runner.health.report().isReady { await Task.yield() }
            let socket = try TestSocket(port: port)
            try socket.send("POST /live HTTP/1.1\r\nContent-Length: 30000\r\n\r\n" + String(repeating: "x", count: 30_000))
            #expect(try TestAnswer(socket.receiveAll()).status == 405)
        }
    }

    @Test func endlessHeadIsRefused() async throws {
        try await serving(NumberPredictor()) { _, port in
            let socket = try TestSocket(port: port)
            try socket.send("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 10_000))
            #expect(try TestAnswer(socket.receiveAll()).status == 431)
        }
    }

    @Test func longPageArrivesWhole() async throws {
        let metrics = PrometheusRegistry.forServing(maximumSeries: 2_000)
        for number in 0..<1_500 { Timer(label: "t", dimensions: [("number", "\(number)")], factory: metrics).recordSeconds(1) }
        try await serving(NumberPredictor(), metrics: metrics) { _, port in
            let answer = try TestAnswer.of("/metrics", port: port)
            #expect(answer.body.utf8.count > 1_000_000)
            #expect(answer.body == String(decoding: metrics.exposition(), as: UTF8.self))
        }
    }
}

/// A consumer that answers, as a service.
private struct RunAnswering: Service {
    let runner: ConsumerRunner
    let onListening: @Sendable (Int) -> Void

    func run() async throws {
        try await runner.run(answeringAt: HealthConfiguration(port: 0), logger: TestServing.quiet, onListening: onListening)
    }
}
