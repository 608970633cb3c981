import Foundation
import Logging
import MLServing
import Testing

@Suite("mlserving dead-letters (live)", .enabled(if: MLServingProgram.serversAreThere), .timeLimit(.minutes(5)))
struct DeadLettersCommandTests {
    /// A queue of requests and its dead letters, each made for one test.
    private struct Box {
        let queue = "test.dead-letters.\(UInt64.random(in: 0 ... .max))"
        let transport: ServerTransport

        var name: String { queue + ".dead-letters" }
        var broker: any Broker { transport.broker }

        func run(_ command: String, _ arguments: String...) async throws -> MLServingProgram.Outcome {
            try await MLServingProgram.run(["dead-letters", command, "--queue", queue] + arguments)
        }

        func publish(_ message: Message, to queue: String) async throws {
            try await broker.publish(message, to: Route(routingKey: queue))
        }

        /// The ids that "list" prints, in its order.
        func ids(_ arguments: String...) async throws -> [String] {
            let outcome = try await MLServingProgram.run(["dead-letters", "list", "--json", "--queue", queue] + arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return try outcome.output.split(separator: "\n").map { line in
                try JSONDecoder().decode(Line.self, from: Data(line.utf8)).id
            }
        }
    }

    private struct Line: Decodable {
        var id: String
    }

    /// Runs `body` with both queues declared, as a consumer declares them.
    private func withBox(_ body: @Sendable (Box) async throws -> Void) async throws {
        var settings = ServingSettings()
        settings.rabbitNodes = MLServingProgram.rabbit.flatMap { ServerNode($0) }.map { [$0] } ?? []
        settings.redisNodes = MLServingProgram.redis.flatMap { ServerNode($0) }.map { [$0] } ?? []
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let box = Box(transport: ServerTransport(settings: settings, name: "test", logger: logger))
        let consumer = ConsumerConfiguration(queue: QueueDefinition(name: box.queue, maximumLength: 100_000))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await box.transport.run() }
            defer { group.cancelAll() }
            try await box.broker.declare(consumer.queue)
            try await box.broker.declare(try #require(consumer.deadLetterQueue))
            try await body(box)
        }
    }

    private static func letter(_ id: String, reason: String, queue: String) -> Message {
        Message(
            body: [UInt8]("\"\(id)\"".utf8), contentType: "application/json", messageID: id,
            headers: [
                "x-result-key": .string("mlserving:test.dead-letters:\(queue):\(id)"), "x-dead-letter-reason": .string(reason),
                "x-dead-letter-message": .string("it is\nbroken"), "x-dead-letter-queue": .string(queue),
                "x-dead-letter-time": .integer(1_700_000_000_123), "x-attempt": .integer(1),
                "x-failures": .array([
                    .table([
                        "time": .integer(1_700_000_000_000), "code": .string("unavailable"), "message": .string("away"),
                        "retryable": .bool(true),
                    ])
                ]),
            ]
        )
    }

    /// What a consumer does not understand goes all the way: to the dead letters, from there to `show`, and back into the queue.
    @Test func refusedRequestIsShownAndReplayedByteForByte() async throws {
        try await withBox { box in
            let body: [UInt8] = [0, 1, 0xFF, 0x1B]
            let request = Message(body: body, contentType: "application/x-unknown", messageID: "strange", headers: ["x-own": .integer(7)])
            try await box.publish(request, to: box.queue)
            let consumer = MLServingProgram.process(["consume", "echo", "--queue", box.queue])
            try await ended(consumer) {
                while try await box.broker.status(of: box.name).depth == 0 { try await Task.sleep(for: .milliseconds(20)) }
            }

            let list = try await box.run("list")
            #expect(list.status == 0 && list.errors.contains("listed 1 of 1 dead letter in \(box.name)"))
            let row = try #require(list.output.split(separator: "\n").last)
            #expect(row.contains("  unsupported_content_type  strange  content type application/x-unknown is not one of"))

            let show = try await box.run("show", "strange")
            #expect(show.status == 0 && show.output.contains("queue         \(box.queue)\n"))
            #expect(show.output.contains(/\n  x-own +7\n/) && show.output.contains("00000000  00 01 ff 1b"))
            let raw = try await MLServingProgram.run(["dead-letters", "show", "--json", "--queue", box.queue, "strange"])
            #expect(raw.output.contains(#""body_form":"bytes","body":"AAH/Gw==""#))

            let replay = try await box.run("replay", "strange")
            #expect(replay.status == 0 && replay.output == "replayed strange to \(box.queue)\n", "\(replay.errors)")
            let source = try await box.broker.consume(box.queue, prefetch: 1)
            let delivery = try #require(try await source.next().first)
            #expect(delivery.message == request)
            source.acknowledge([delivery.tag])
            await source.cancel()
            #expect(try await box.ids() == [])
        }
    }

    /// The broker's client gives messages without an id one of its own on each way, which nobody knows.
    @Test(arguments: [
        Message(body: [7], contentType: "application/x-unknown", headers: ["X-Message-Id": .string("mlserving:from-python")]),
        Message(body: [7], contentType: "application/x-unknown", correlationID: "mlserving:from-python"),
        Message(
            body: [7], contentType: "application/x-unknown", correlationID: "other",
            headers: ["task": .string("predict"), "id": .string("mlserving:from-python")]),
    ])
    func letterWithoutAMessageIDHasTheNameOfItsRequest(_ request: Message) async throws {
        try await withBox { box in
            let isTask = request.headers["task"] != nil
            try await box.publish(request, to: isTask ? box.name : box.queue)
            if !isTask {
                let consumer = MLServingProgram.process(["consume", "echo", "--queue", box.queue])
                try await ended(consumer) {
                    while try await box.broker.status(of: box.name).depth == 0 { try await Task.sleep(for: .milliseconds(20)) }
                }
            }
            #expect(try await box.ids() == ["mlserving:from-python"])
            let show = try await box.run("show", "mlserving:from-python")
            #expect(show.status == 0, "\(show.errors)")
        }
    }

    /// Runs a program for the length of `body`, then has it end in good order.
    private func ended(_ process: Process, body: () async throws -> Void) async throws {
        process.standardError = FileHandle.nullDevice
        let end = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(1))
        process.terminationHandler = { end.continuation.yield($0.terminationStatus) }
        try process.run()
        defer { if process.isRunning { process.terminate() } }
        try await body()
        process.terminate()
        let status = await end.stream.first { _ in true }
        #expect(status == 0)
    }

    @Test func lettersAreListedFilteredAndLimited() async throws {
        try await withBox { box in
            for number in 0..<6 {
                let reason = number % 2 == 0 ? "prediction_failed" : "malformed_request"
                try await box.publish(Self.letter("\(number)", reason: reason, queue: box.queue), to: box.name)
            }
            let list = try await box.run("list", "--limit", "1", "--reason", "malformed_request")
            #expect(list.status == 0)
            let row = try #require(list.output.split(separator: "\n").last)
            #expect(row.contains(#"2023-11-14T22:13:20.123Z         1      3  malformed_request  1   it is\u{a}broken"#))
            #expect(list.errors.contains("listed 1 of 6 dead letters in \(box.name) (reason malformed_request), looked at 2\n"))
            #expect(try await box.ids("--reason", "prediction_failed") == ["0", "2", "4"])
            #expect(try await box.ids("--reason", "expired") == [])
            #expect(Set(try await box.ids()) == Set((0..<6).map(String.init)))
        }
    }

    /// Predictors have codes of their own, which only letters tell.
    @Test func reasonThatNothingHasIsAWrongUsage() async throws {
        try await withBox { box in
            try await box.publish(Self.letter("own", reason: "no_license", queue: box.queue), to: box.name)
            #expect(try await box.ids("--reason", "no_license") == ["own"])
            for arguments in [["list"], ["replay", "--all"], ["drop", "--all", "--yes"]] {
                let command = ["dead-letters"] + arguments + ["--queue", box.queue, "--reason", "prediction_faild"]
                let outcome = try await MLServingProgram.run(command)
                #expect(outcome.status == 64, "\(arguments): \(outcome.errors)")
                #expect(
                    outcome.errors.contains("\"prediction_faild\"") && outcome.errors.contains("prediction_failed"), "\(outcome.errors)")
            }
            #expect(try await box.broker.status(of: box.name).depth == 1)
        }
    }

    @Test func historyIsShown() async throws {
        try await withBox { box in
            try await box.publish(Self.letter("tried", reason: "prediction_failed", queue: box.queue), to: box.name)
            let show = try await box.run("show", "tried")
            #expect(show.output.contains("\n  2023-11-14T22:13:20.000Z  unavailable  retryable  away\n"))
            #expect(show.output.hasSuffix("body (json, 7 bytes)\n\"tried\"\n"))
            #expect(try await box.run("show", "tried", "--body-only").output == "\"tried\"")
        }
    }

    @Test func replayedRequestHasItsOldResultRemovedAndIsAnswered() async throws {
        try await withBox { box in
            let key = "mlserving:test.dead-letters:\(box.queue):again"
            let failure = ServingError(code: .predictionFailed, message: "no memory")
            let record = try MessagePackCodec().encode(record: ResultRecord(requestID: "again", outcomes: [.failure(failure)]))
            _ = try await box.transport.store.put([StoreEntry(key: key, value: record, timeToLive: .seconds(60))])
            try await box.publish(Self.letter("again", reason: "prediction_failed", queue: box.queue), to: box.name)
            let replay = try await box.run("replay", "--all", "--timeout", "60")
            #expect(replay.status == 0 && replay.errors.contains("replayed 1 of 1 dead letter"), "\(replay.errors)")
            try await ended(MLServingProgram.process(["consume", "echo", "--queue", box.queue])) {
                let result = try await MLServingProgram.run(["result", key, "--timeout", "60"])
                #expect(result.status == 0 && result.output == "\"again\"\n", "\(result.errors)")
            }
            box.transport.store.remove([key])
        }
    }

    @Test func idsThatAreNotThereExitWith66() async throws {
        try await withBox { box in
            try await box.publish(Self.letter("here", reason: "r", queue: box.queue), to: box.name)
            for command in [["show", "absent"], ["replay", "absent"], ["drop", "absent", "--yes"]] {
                let outcome = try await MLServingProgram.run(["dead-letters"] + command + ["--queue", box.queue])
                #expect(outcome.status == 66)
                #expect(outcome.errors.contains("there is no dead letter absent in \(box.name)"))
            }
            let both = try await box.run("drop", "--yes", "absent", "here")
            #expect(both.status == 66 && both.output == "dropped here\n")
            #expect(both.errors.contains("dropped 1 of 1 dead letter"))
            #expect(try await box.ids() == [])
        }
    }

    @Test func replayToAQueueThatDoesNotExistKeepsTheLetter() async throws {
        try await withBox { box in
            try await box.publish(Self.letter("kept", reason: "r", queue: box.queue), to: box.name)
            let replay = try await box.run("replay", "--all", "--to", box.queue + ".nowhere")
            #expect(replay.status == 69 && replay.errors.contains("kept could not be replayed to queue \(box.queue).nowhere"))
            #expect(try await box.ids() == ["kept"])
        }
    }

    @Test func letterWithoutItsBodyIsRefusedAndStays() async throws {
        try await withBox { box in
            var bodiless = Self.letter("bodiless", reason: "malformed_request", queue: box.queue)
            bodiless.body = []
            bodiless.headers["x-dead-letter-omitted"] = .string("headers, 17 bytes of body")
            try await box.publish(bodiless, to: box.name)
            try await box.publish(Self.letter("whole", reason: "r", queue: box.queue), to: box.name)
            let list = try await box.run("list")
            #expect(list.output.contains(" omitted  malformed_request  bodiless "))
            let show = try await box.run("show", "bodiless")
            #expect(show.output.contains(/\nomitted +headers, 17 bytes of body\n/) && show.output.hasSuffix("\nbody: not kept\n"))
            #expect(try await box.run("show", "bodiless", "--body-only").status == 65)
            let replay = try await box.run("replay", "--all")
            #expect(replay.status == 65 && replay.output == "replayed whole to \(box.queue)\n")
            #expect(replay.errors.contains("bodiless is not replayed: its body was not kept (omitted: headers, 17 bytes of body)"))
            #expect(replay.errors.contains("replayed 1 of 2 dead letters in \(box.name), refused 1\n"))
            #expect(try await box.ids() == ["bodiless"])
        }
    }

    /// A process that is killed in between loses nothing, wherever it was; each request comes out at least once.
    @Test func killedReplayLosesNothing() async throws {
        try await withBox { box in
            let count = 400
            for number in 0..<count {
                try await box.publish(Self.letter("\(number)", reason: "r", queue: box.queue), to: box.name)
            }
            let replay = MLServingProgram.process(["dead-letters", "replay", "--all", "--queue", box.queue])
            (replay.standardOutput, replay.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            let end = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(1))
            replay.terminationHandler = { end.continuation.yield($0.terminationStatus) }
            try replay.run()
            while try await box.broker.status(of: box.queue).depth == 0 {}
            kill(replay.processIdentifier, SIGKILL)
            _ = await end.stream.first { _ in true }
            // The broker takes back what the dead process held when it notices that it is dead.
            while try await box.broker.status(of: box.name).consumers > 0 {}
            var rest = try await box.run("replay", "--all")
            while !rest.errors.contains("no dead letters") {
                #expect(rest.status == 0, "\(rest.errors)")
                rest = try await box.run("replay", "--all")
            }
            let source = try await box.broker.consume(box.queue, prefetch: 1_000)
            var seen: Set<String> = []
            while seen.count < count {
                let deliveries = try await source.next()
                for delivery in deliveries { seen.insert(try #require(delivery.message.messageID)) }
                source.acknowledge(deliveries.map(\.tag))
            }
            await source.cancel()
            #expect(seen == Set((0..<count).map(String.init)))
        }
    }

    @Test func dropNeedsAYesWhereNobodyCanBeAsked() async throws {
        let outcome = try await MLServingProgram.run(["dead-letters", "drop", "--all"])
        #expect(outcome.status == 64 && outcome.errors.contains("--yes"))
    }

    @Test(arguments: [["replay"], ["replay", "--all", "x"], ["drop", "--reason", "r", "--yes", "x"], ["list", "--limit", "0"], ["show"]])
    func contradictoryOptionsExitWith64(_ arguments: [String]) async throws {
        #expect(try await MLServingProgram.run(["dead-letters"] + arguments).status == 64)
    }

    @Test func queueThatDoesNotExistExitsWith69() async throws {
        let outcome = try await MLServingProgram.run(["dead-letters", "list", "--queue", "test.dead-letters.nowhere"])
        #expect(outcome.status == 69 && outcome.errors.contains("there is no queue test.dead-letters.nowhere.dead-letters"))
    }
}
