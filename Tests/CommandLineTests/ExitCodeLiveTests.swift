import Foundation
import Testing

@Suite("Exit codes (live)", .enabled(if: MLServingProgram.serversAreThere), .timeLimit(.minutes(5)))
struct ExitCodeLiveTests {
    private static let ticket = "mlserving:{94088cc9242c0c8742f496de}:94088cc9242c0c8742f496de-1"
    private static let predictions = [["predict", "1"], ["predict", "--list", "[1, 2]"]]
    private static let deadLetters = [
        ["dead-letters", "list"], ["dead-letters", "show", "x"], ["dead-letters", "replay", "--all"],
        ["dead-letters", "drop", "--all", "--yes"],
    ]
    private static let bench = ["bench", "--requests", "1", "--timeout", "20"]

    private func queueName() -> String { "test.exit-codes.\(UInt64.random(in: 0 ... .max))" }

    private func expect(
        _ status: Int32, of arguments: [String], _ environment: [String: String], message: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let values = environment.merging(["LOG_LEVEL": "critical"]) { value, _ in value }
        let outcome = try await MLServingProgram.run(arguments + ["--queue", queueName()], environment: values)
        let text = outcome.errors + outcome.output
        #expect(outcome.status == status, "\(arguments): \(text)", sourceLocation: sourceLocation)
        #expect(text.contains(message), "\(arguments): \(text)", sourceLocation: sourceLocation)
        #expect(!text.contains("s3cret"), sourceLocation: sourceLocation)
    }

    @Test(arguments: predictions + deadLetters + [bench, ["status"], ["consume", "echo"], ["predict", "--submit", "1"]])
    func credentialsThatRabbitMQRefusesAre77InEachCommand(_ arguments: [String]) async throws {
        try await expect(77, of: arguments, ["RABBIT_PASSWORD": "s3cret"], message: "RabbitMQ")
        try await expect(77, of: arguments, ["RABBIT_VHOST": "no-such-vhost"], message: "no-such-vhost")
    }

    @Test(arguments: predictions + [bench, ["status"], ["consume", "echo"], ["result", ticket, "--timeout", "20"], ["cancel", ticket]])
    func credentialsThatRedisRefusesAre77InEachCommand(_ arguments: [String]) async throws {
        try await expect(77, of: arguments, ["REDIS_PASSWORD": "s3cret"], message: "Redis")
    }

    /// Several times: the server that refuses may be heard before the other has answered, or after.
    @Test(arguments: 1...8)
    func statusBlamesTheServerThatRefuses(_: Int) async throws {
        for (key, refusing, other) in [("REDIS_PASSWORD", "redis   ", "rabbitmq"), ("RABBIT_PASSWORD", "rabbitmq", "redis   ")] {
            let arguments = ["status", "--queue", queueName(), "--timeout", "20"]
            let outcome = try await MLServingProgram.run(arguments, environment: [key: "s3cret"])
            #expect(outcome.status == 77, "\(outcome.output)")
            #expect(outcome.output.contains("\(refusing)  unreachable"), "\(outcome.output)")
            #expect(outcome.output.contains("\(other)  reachable"), "\(outcome.output)")
        }
    }

    @Test(arguments: 1...4)
    func commandsBlameTheServerThatRefuses(_: Int) async throws {
        for (arguments, key, server) in [
            (Self.bench, "REDIS_PASSWORD", "Redis: "), (Self.bench, "RABBIT_PASSWORD", "RabbitMQ: "),
            (["predict", "1"], "REDIS_PASSWORD", "Redis: "), (["predict", "1"], "RABBIT_PASSWORD", "RabbitMQ: "),
            (["dead-letters", "list"], "RABBIT_PASSWORD", "RabbitMQ: "),
        ] {
            let outcome = try await MLServingProgram.run(arguments + ["--queue", queueName()], environment: [key: "s3cret"])
            #expect(outcome.status == 77, "\(arguments) \(key): \(outcome.errors)")
            let last = outcome.errors.split(separator: "\n").last ?? ""
            #expect(last.contains(server) && last.contains("127.0.0.1:"), "\(arguments) \(key): \(last)")
        }
    }

    @Test(
        arguments: predictions.map { $0 + ["--timeout", "1"] } + [
            ["predict", "--submit", "1", "--timeout", "1"], ["bench", "--timeout", "1"], ["status", "--timeout", "1"],
            ["dead-letters", "list"],
        ])
    func brokerThatIsAwayIs69InEachCommand(_ arguments: [String]) async throws {
        try await expect(
            69, of: arguments, ["RABBIT_NODES": "(127.0.0.1:1)"], message: arguments[0] == "status" ? "unreachable" : "unavailable")
    }

    @Test(
        arguments: predictions.map { $0 + ["--timeout", "1"] } + [
            ["result", ticket, "--timeout", "1"], ["cancel", ticket], ["bench", "--timeout", "1"], ["status", "--timeout", "1"],
        ])
    func storeThatIsAwayIs69InEachCommand(_ arguments: [String]) async throws {
        try await expect(
            69, of: arguments, ["REDIS_NODES": "(127.0.0.1:1)"], message: arguments[0] == "status" ? "unreachable" : "unavailable")
    }

    @Test(
        .enabled(if: ProcessInfo.processInfo.environment["MLSERVING_TEST_RABBIT_TLS"] != nil),
        arguments: predictions + deadLetters + [bench, ["status"], ["consume", "echo"]])
    func serverThatIsNotTrustedIs77InEachCommand(_ arguments: [String]) async throws {
        let node = try #require(ProcessInfo.processInfo.environment["MLSERVING_TEST_RABBIT_TLS"])
        try await expect(77, of: arguments, ["RABBIT_TLS": "1", "RABBIT_NODES": "(\(node))"], message: "no trusted authority")
    }

    @Test func resultThatIsNotThereInTimeIs75() async throws {
        try await expect(75, of: ["result", Self.ticket, "--timeout", "0"], [:], message: "no result under")
    }

    @Test(arguments: [["dead-letters", "list"], ["dead-letters", "show", "x"], ["predict", "1"]])
    func queueThatDoesNotExistIs69(_ arguments: [String]) async throws {
        try await expect(69, of: arguments, [:], message: "queue")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func signalCancelsWhatWasAskedFor(_ signal: Int32) async throws {
        let queue = queueName()
        let lines = CommandLineLiveTests()
        let first = try await lines.startEcho(["--queue", queue])
        first.process.terminate()
        #expect(await first.ended.value == 0)
        let predict = MLServingProgram.process(["predict", "--queue", queue, "--timeout", "120", "1"])
        let (end, errors) = (AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(1)), Pipe())
        predict.standardError = errors
        predict.terminationHandler = { end.continuation.yield($0.terminationStatus) }
        try predict.run()
        while case let status = try await MLServingProgram.run(["status", "--json", "--queue", queue]),
            !status.output.contains(#""depth":1"#)
        {
            try #require(status.status == 0, "\(status.output)")
        }
        kill(predict.processIdentifier, signal)
        #expect(await end.stream.first { _ in true } == 128 + signal)
        // Would the request be predicted, its consumer would crash.
        let second = try await lines.startEcho(["--queue", queue, "--crash-on", "1"])
        while case let status = try await MLServingProgram.run(["status", "--json", "--queue", queue]),
            !status.output.contains(#""depth":0"#)
        {
            try #require(second.process.isRunning && status.status == 0, "\(status.output)")
        }
        second.process.terminate()
        #expect(await second.ended.value == 0)
    }

    /// Ends a program by SIGINT when it has logged something, and returns its status and how long it took to end.
    private func interrupt(_ process: Process, when text: String) async throws -> (status: Int32, Duration) {
        let (end, errors) = (AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(1)), Pipe())
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        process.terminationHandler = { end.continuation.yield($0.terminationStatus) }
        try process.run()
        var log = ""
        while !log.contains(text), case let data = errors.fileHandleForReading.availableData, !data.isEmpty {
            log += String(decoding: data, as: UTF8.self)
        }
        try #require(log.contains(text), "\(log)")
        let start = ContinuousClock.now
        kill(process.processIdentifier, SIGINT)
        let status = try #require(await end.stream.first { _ in true })
        return (status, .now - start)
    }

    @Test(arguments: [
        ["predict", "1"], ["predict", "--list", "[1]"], ["bench"], ["status", "--timeout", "60"], ["dead-letters", "list"],
    ])
    func commandThatWaitsForAServerEndsAtASignal(_ arguments: [String]) async throws {
        let process = MLServingProgram.process(arguments, environment: ["RABBIT_NODES": "(127.0.0.1:1)", "LOG_LEVEL": "warning"])
        let (status, time) = try await interrupt(process, when: "connecting to RabbitMQ failed")
        #expect(status == 130)
        // What does not listen to its cancellation is ended after five.
        #expect(time < .seconds(4))
    }

    @Test func benchEndsAtASignalInTheMidstOfItsRequests() async throws {
        let queue = queueName()
        let consumer = try await CommandLineLiveTests().startEcho(["--queue", queue, "--log-level", "debug"])
        let bench = MLServingProgram.process(["bench", "--queue", queue, "--requests", "1000000000"])
        let end = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(1))
        (bench.standardOutput, bench.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        bench.terminationHandler = { end.continuation.yield($0.terminationStatus) }
        try bench.run()
        #expect(await consumer.tells(of: "request predicted"))
        let start = ContinuousClock.now
        kill(bench.processIdentifier, SIGINT)
        #expect(await end.stream.first { _ in true } == 130)
        #expect(ContinuousClock.now - start < .seconds(4))
        consumer.process.terminate()
        #expect(await consumer.ended.value == 0)
    }

    @Test func manyInputsAreAnsweredInTheirOrder() async throws {
        let queue = queueName()
        let lines = CommandLineLiveTests()
        let consumer = try await lines.startEcho(["--queue", queue])
        let inputs = (0..<3_200).map(String.init)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("mlserving-test-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("[\(inputs.joined(separator: ","))]".utf8).write(to: file)
        let outcome = try await MLServingProgram.shell("\"$0\" predict --list --queue \(queue) < \(file.path)")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.split(separator: "\n").map(String.init) == inputs)
        let full = try await MLServingProgram.shell("\"$0\" predict --list --queue \(queue) < \(file.path) > /dev/full")
        #expect(full.status == 74)
        consumer.process.terminate()
        #expect(await consumer.ended.value == 0)
    }
}
