import Foundation
import JSON
import Testing

/// Runs the built `mlserving` program, as a script does.
struct MLServingProgram {
    static let rabbit = ProcessInfo.processInfo.environment["MLSERVING_TEST_RABBIT"]
    static let redis = ProcessInfo.processInfo.environment["MLSERVING_TEST_REDIS"]
    static var serversAreThere: Bool { rabbit != nil && redis != nil }

    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// The program lies beside the test bundle.
    static var url: URL { url(of: "mlserving") }

    static func url(of program: String) -> URL {
        let bundle = ProcessInfo.processInfo.arguments.first.map { URL(fileURLWithPath: $0) } ?? Bundle.main.bundleURL
        return bundle.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent(program)
    }

    static func process(_ arguments: [String], environment: [String: String] = [:], program: String = "mlserving") -> Process {
        let process = Process()
        process.executableURL = url(of: program)
        process.arguments = arguments
        var values = ["PATH": "/usr/bin:/bin", "MLSERVING_ENV_FILES": ""]
        if let rabbit, let redis {
            values["RABBIT_NODES"] = "(\(rabbit))"
            values["REDIS_NODES"] = "(\(redis))"
        }
        process.environment = values.merging(environment) { $1 }
        return process
    }

    static func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], program: String = "mlserving"
    ) async throws -> Outcome {
        try await outcome(of: process(arguments, environment: environment, program: program), input: input)
    }

    /// Runs a line of a shell, in which `$0` is the program.
    static func shell(_ line: String, environment: [String: String] = [:], program: String = "mlserving") async throws -> Outcome {
        let process = process(["-c", line, url(of: program).path], environment: environment)
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        return try await outcome(of: process, input: "")
    }

    private static func outcome(of process: Process, input: String) async throws -> Outcome {
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stderr)
        return try await withCheckedThrowingContinuation { continuation in
            // Everything here is small enough for the pipes' buffers.
            process.terminationHandler = { process in
                let output = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                let errors = String(decoding: stderr.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                continuation.resume(returning: Outcome(status: process.terminationStatus, output: output, errors: errors))
            }
            do {
                try process.run()
                try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
                try stdin.fileHandleForWriting.close()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
    }
}

@Suite("mlserving", .timeLimit(.minutes(5)))
struct CommandLineTests {
    @Test(arguments: [
        [], ["consume", "echo"], ["consume", "fasttext"], ["predict"], ["result"], ["cancel"], ["status"], ["dead-letters"], ["bench"],
        ["health"], ["settings"], ["dead-letters", "list"], ["dead-letters", "replay"], ["dead-letters", "drop"], ["dead-letters", "show"],
    ])
    func helpSaysWhatACommandDoes(_ command: [String]) async throws {
        let outcome = try await MLServingProgram.run(command + ["--help"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("USAGE: mlserving"))
    }

    @Test func wrongUsageExitsWith64() async throws {
        #expect(try await MLServingProgram.run(["predict", "--no-such-option"]).status == 64)
        #expect(try await MLServingProgram.run(["predict", "--timeout", "-1", "1"]).status == 64)
    }

    @Test(arguments: [[], ["consume"], ["dead-letters"]])
    func missingSubcommandIsAWrongUsage(_ command: [String]) async throws {
        let outcome = try await MLServingProgram.run(command)
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("USAGE: mlserving"), "\(outcome.errors)")
        let help = try await MLServingProgram.run(["help"] + command)
        #expect(help.status == 0 && help.output.contains("USAGE: mlserving") && help.errors.isEmpty)
    }

    private static let nowhere = ["RABBIT_NODES": "(127.0.0.1:1)", "REDIS_NODES": "(127.0.0.1:1)"]

    @Test(arguments: [
        ["-5"], ["--submit", "-5"], ["-0.5e3", "--submit"], ["-5", "--queue", "numbers"], ["--", "-5"], ["--accept", "json", "-12"],
    ])
    func negativeNumberIsAnInput(_ arguments: [String]) async throws {
        let outcome = try await MLServingProgram.run(["predict", "--timeout", "0.1"] + arguments, environment: Self.nowhere)
        #expect(outcome.status == 69, "\(outcome.errors)")
    }

    @Test(arguments: [
        ["predict", "--timeout", "-1", "5"], ["predict", "-5", "--timeout"], ["predict", "-5", "-6"], ["predict", "-x"], ["status", "-5"],
        ["predict", "-5", "--no-such-option"], ["dead-letters", "show", "-5"],
    ])
    func negativeNumberInAnotherPlaceIsAWrongUsage(_ arguments: [String]) async throws {
        let outcome = try await MLServingProgram.run(arguments, environment: Self.nowhere)
        #expect(outcome.status == 64, "\(outcome.errors)")
    }

    @Test(arguments: [
        ["mlserving", "\u{1B}[31mx"], ["mlserving", "predict", "--\u{1B}]0;x\u{7}"], ["mlserving", "predict", "--timeout=\u{1B}[2J", "1"],
        ["mlserving", "predict", "1", "\u{9B}2J"], ["mlserving", "result", "\u{1B}c"], ["mlserving", "status", "\u{202E}x"],
        ["fasttext-consumer", "--\u{1B}[31mx"], ["short-texts-clustering", "\u{1B}[31mx"],
    ])
    func argumentsCannotControlTheTerminal(_ line: [String]) async throws {
        let outcome = try await MLServingProgram.run(Array(line.dropFirst()), program: line[0])
        #expect(outcome.status == 64)
        let text = outcome.errors.unicodeScalars.filter { $0 != "\n" }
        #expect(!text.contains { [.control, .format].contains($0.properties.generalCategory) }, "\(outcome.errors.debugDescription)")
        #expect(outcome.errors.contains("\\u{"), "\(outcome.errors)")
    }

    /// The program is ended if it waits for somebody to write into the pipe.
    @Test func environmentFileThatIsAPipeIsRefusedAtOnce() async throws {
        let line = "d=$(mktemp -d) && mkfifo $d/pipe && timeout 20 $0 status --env-file $d/pipe; status=$?; rm -r $d; exit $status"
        let outcome = try await MLServingProgram.shell(line)
        #expect(outcome.status == 78, "\(outcome.errors)")
        #expect(outcome.errors.contains("/pipe") && outcome.errors.contains("regular file"), "\(outcome.errors)")
    }

    @Test(arguments: [["status"], ["health"]])
    func unreadableEnvironmentFileIsBlamedOnTheOption(_ command: [String]) async throws {
        let outcome = try await MLServingProgram.run(command + ["--env-file", "/no/such.env"])
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("--env-file: the file /no/such.env cannot be read"), "\(outcome.errors)")
        let named = try await MLServingProgram.run(command, environment: ["MLSERVING_ENV_FILES": "/no/such.env"])
        #expect(named.status == 78 && named.errors.contains("MLSERVING_ENV_FILES: the file /no/such.env"), "\(named.errors)")
    }

    @Test func emptyFileNamesNoSettings() async throws {
        let environment = Self.nowhere.merging(["MLSERVING_ENV_FILES": "/dev/null"]) { $1 }
        #expect(try await MLServingProgram.run(["status", "--timeout", "0.1"], environment: environment).status == 69)
    }

    @Test func malformedConfigurationIsNamedAndExitsWith78() async throws {
        let outcome = try await MLServingProgram.run(["status"], environment: ["RABBIT_NODES": "(localhost)"])
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("RABBIT_NODES"))
        #expect(outcome.errors.contains("\"(localhost)\""))
        #expect(outcome.errors.contains("(host:port host:port …)"))
    }

    @Test func inputThatIsNotJSONExitsWith65() async throws {
        let outcome = try await MLServingProgram.run(["predict", "no json"])
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("not JSON"))
    }

    @Test func unreachableServersAreToldAndExitWith69() async throws {
        let arguments = ["status", "--rabbit-nodes", "127.0.0.1:1", "--redis-nodes", "127.0.0.1:1", "--timeout", "0.5"]
        let outcome = try await MLServingProgram.run(arguments)
        #expect(outcome.status == 69)
        #expect(outcome.output.contains("rabbitmq  unreachable"))
        #expect(outcome.output.contains("redis     unreachable"))
    }
}

@Suite("mlserving (live)", .enabled(if: MLServingProgram.serversAreThere), .timeLimit(.minutes(5)))
struct CommandLineLiveTests {
    /// Runs `body` while a program consumes, and checks that the program ends in good order.
    private func withEcho(_ queue: String, kind: String = "quorum", body: () async throws -> Void) async throws {
        let echo = try await startEcho(["--queue", queue, "--queue-type", kind])
        defer { if echo.process.isRunning { echo.process.terminate() } }
        try await body()
        echo.process.terminate()
        #expect(await echo.ended.value == 0, "SIGTERM ends a consumer in good order")
    }

    /// A consumer that runs.
    struct Echo {
        let process: Process
        /// What it writes to its log, line by line or several lines at once.
        let log: AsyncStream<String>
        /// What becomes its exit status.
        let ended: Task<Int32?, Never>

        /// Returns `true` when the log tells of something, and `false` when it has ended without.
        func tells(of text: String) async -> Bool {
            await log.contains { $0.contains(text) }
        }
    }

    /// Starts a consumer, and returns when it consumes, or when its log tells of something else.
    func startEcho(
        _ arguments: [String], command: [String] = ["consume", "echo"], environment: [String: String] = [:],
        until text: String = "consumer ready"
    ) async throws -> Echo {
        let process = MLServingProgram.process(command + arguments, environment: environment)
        let output = Pipe()
        process.standardError = output
        let (end, log) = (AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(1)), AsyncStream<String>.makeStream())
        process.terminationHandler = { end.continuation.yield($0.terminationStatus) }
        try process.run()
        Thread.detachNewThread {
            while case let data = output.fileHandleForReading.availableData, !data.isEmpty {
                log.continuation.yield(String(decoding: data, as: UTF8.self))
            }
            log.continuation.finish()
        }
        let echo = Echo(process: process, log: log.stream, ended: Task { await end.stream.first { _ in true } })
        let isReady = await echo.tells(of: text)
        if !isReady { process.terminate() }
        try #require(isReady, "the consumer ended before its log told of \(text)")
        return echo
    }

    func queueName() -> String {
        "test.command-line.\(UInt64.random(in: 0 ... .max))"
    }

    @Test func modelsAreListedWhileTheyAreServed() async throws {
        let queue = queueName()
        let echo = try await startEcho(["--queue", queue])
        var row: String?
        while row == nil {
            let outcome = try await MLServingProgram.run(["models"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            row = outcome.output.split(separator: "\n").map(String.init).first { $0.hasPrefix(queue + " ") }
        }
        #expect(row?.contains(#/ 1  /#) == true)
        let outcome = try await MLServingProgram.run(["models", "--json"])
        let lines = outcome.output.split(separator: "\n").map { try? JSONReader().read(Array($0.utf8)[...]) }
        let model = try #require(lines.compactMap { $0 }.first { $0["queue"]?.string == queue })
        #expect(model["hosts"]?[0]?["process"] == .integer(echo.process.processIdentifier) && model["hosts"]?[1] == nil)
        echo.process.terminate()
        #expect(await echo.ended.value == 0)
        #expect(try await !MLServingProgram.run(["models"]).output.contains(queue))
    }

    @Test func echoReturnsJSONUnchanged() async throws {
        let queue = queueName()
        try await withEcho(queue) {
            let input = #"{"text": "żółw \u00e9", "numbers": [1, 2.50, -3e2], "nothing": null}"#
            let outcome = try await MLServingProgram.run(["predict", "--queue", queue, input])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == input + "\n")
        }
    }

    @Test(arguments: ["json", "msgpack", "pickle"])
    func predictSpeaksEachContentType(type: String) async throws {
        let queue = queueName()
        try await withEcho(queue) {
            let input = #"{"text":"żółw","numbers":[1,2.5,-300],"nothing":null,"flag":true}"#
            let outcome = try await MLServingProgram.run(["predict", "--queue", queue, "--content-type", type, input])
            #expect(outcome.status == 0, "\(outcome.errors)")
            // Members may come in another order.
            for part in [#""text":"żółw""#, #""numbers":[1,2.5,-300]"#, #""nothing":null"#, #""flag":true"#] {
                #expect(outcome.output.contains(part), "\(outcome.output)")
            }
            let list = try await MLServingProgram.run(["predict", "--queue", queue, "--content-type", type, "--list", #"["a",[1],2.5]"#])
            #expect(list.output == "\"a\"\n[1]\n2.5\n")
            let submitted = try await MLServingProgram.run(["predict", "--queue", queue, "--content-type", type, "--submit", "[1,2]"])
            let ticket = submitted.output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(try await MLServingProgram.run(["result", ticket, "--queue", queue]).output == "[1,2]\n")
        }
    }

    @Test func outputOfATypeThatAnEchoDoesNotHaveExitsWith65() async throws {
        let queue = queueName()
        try await withEcho(queue) {
            let outcome = try await MLServingProgram.run(["predict", "--queue", queue, "--accept", "pickle", "[1]"])
            #expect(outcome.errors.contains("unsupported_content_type"))
            #expect(outcome.status == 65)
        }
    }

    @Test func listIsAnsweredLineByLine() async throws {
        let queue = queueName()
        try await withEcho(queue, kind: "classic") {
            let arguments = ["predict", "--list", "--queue", queue, "--queue-type", "classic"]
            let outcome = try await MLServingProgram.run(arguments, input: #"["one", {"two": 2}, [3]]"#)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == "\"one\"\n{\"two\": 2}\n[3]\n")
        }
    }

    @Test func submittedWorkIsReadByItsTicket() async throws {
        let queue = queueName()
        try await withEcho(queue) {
            let ticket = try await MLServingProgram.run(["predict", "--submit", "--queue", queue, "\"later\""])
            #expect(ticket.status == 0, "\(ticket.errors)")
            let name = ticket.output.trimmingCharacters(in: .newlines)
            let result = try await MLServingProgram.run(["result", name, "--timeout", "20"])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "\"later\"\n")
        }
    }

    @Test func requestsOfAKilledConsumerAreAnsweredByTheNext() async throws {
        let queue = queueName()
        let victim = try await startEcho(["--queue", queue, "--delay-ms", "86400000"])
        var tickets: [String] = []
        for number in 0..<5 {
            let outcome = try await MLServingProgram.run(["predict", "--submit", "--queue", queue, "\(number)"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            tickets.append(outcome.output.trimmingCharacters(in: .newlines))
        }
        // The consumer holds them all, and is in the midst of predicting, when it is killed.
        while case let status = try await MLServingProgram.run(["status", "--json", "--queue", queue]),
            !status.output.contains(#""depth":0"#)
        {
            try #require(status.status == 0, "\(status.output)")
        }
        kill(victim.process.processIdentifier, SIGKILL)
        #expect(await victim.ended.value == SIGKILL)
        try await withEcho(queue) {
            for (number, ticket) in tickets.enumerated() {
                let outcome = try await MLServingProgram.run(["result", ticket, "--timeout", "30"])
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.output == "\(number)\n")
            }
        }
    }

    @Test func refusedPasswordEndsAConsumerAtOnce() async throws {
        let environment = ["RABBIT_PASSWORD": "not the password", "LOG_LEVEL": "trace"]
        let outcome = try await MLServingProgram.run(["consume", "echo", "--queue", queueName()], environment: environment)
        #expect(outcome.status == 77)
        #expect(outcome.errors.contains("refused"))
        #expect(!outcome.errors.contains("not the password"))
    }

    @Test func cancelledWorkIsNotDone() async throws {
        let queue = queueName()
        try await withEcho(queue) {}
        let ticket = try await MLServingProgram.run(["predict", "--submit", "--queue", queue, "1"])
        let name = ticket.output.trimmingCharacters(in: .newlines)
        #expect(try await MLServingProgram.run(["cancel", "--queue", queue, name]).output == "cancelled\n")
        try await withEcho(queue) {
            let result = try await MLServingProgram.run(["result", name, "--timeout", "20"])
            #expect(result.status == 75)
            #expect(result.errors.contains("cancelled: the caller cancelled the request"))
            let again = try await MLServingProgram.run(["cancel", "--queue", queue, name])
            #expect(again.status == 75)
        }
    }

    @Test func secondSignalEndsAConsumerAtOnce() async throws {
        let queue = queueName()
        let consumer = try await startEcho(["--queue", queue, "--delay-ms", "86400000"])
        let ticket = try await MLServingProgram.run(["predict", "--submit", "--queue", queue, "1"])
        while case let status = try await MLServingProgram.run(["status", "--json", "--queue", queue]),
            !status.output.contains(#""depth":0"#)
        {
            try #require(status.status == 0, "\(status.output)")
        }
        // It drains at the first signal: it takes nothing any more, and waits for what it has begun.
        kill(consumer.process.processIdentifier, SIGTERM)
        #expect(await consumer.tells(of: "consumer draining"))
        #expect(consumer.process.isRunning)
        // Somebody who has lost patience: what comes within half a second of the first is not another signal.
        let impatience = Task {
            while true {
                kill(consumer.process.processIdentifier, SIGTERM)
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        #expect(await consumer.tells(of: "stopping at once"))
        impatience.cancel()
        #expect(await consumer.ended.value == 0)
        try await withEcho(queue) {
            let name = ticket.output.trimmingCharacters(in: .newlines)
            let result = try await MLServingProgram.run(["result", name, "--timeout", "30"])
            #expect(result.output == "1\n")
        }
    }

    /// As coreutils' `timeout` sends it: to its child, and to the process group with the child in it.
    @Test func signalThatComesTwiceAtOnceDrainsAConsumer() async throws {
        let queue = queueName()
        let consumer = try await startEcho(["--queue", queue, "--delay-ms", "2000"])
        let ticket = try await MLServingProgram.run(["predict", "--submit", "--queue", queue, "1"])
        while case let status = try await MLServingProgram.run(["status", "--json", "--queue", queue]),
            !status.output.contains(#""depth":0"#)
        {
            try #require(status.status == 0, "\(status.output)")
        }
        kill(consumer.process.processIdentifier, SIGTERM)
        #expect(await consumer.tells(of: "consumer draining"))
        kill(consumer.process.processIdentifier, SIGTERM)
        #expect(await consumer.tells(of: "stopping at once") == false)
        #expect(await consumer.ended.value == 0)
        let result = try await MLServingProgram.run(["result", ticket.output.trimmingCharacters(in: .newlines), "--timeout", "0"])
        #expect(result.output == "1\n", "\(result.errors)")
    }

    @Test func statusTellsTheConsumers() async throws {
        let queue = queueName()
        try await withEcho(queue) {
            let outcome = try await MLServingProgram.run(["status", "--json", "--min-consumers", "1", "--queue", queue, "--timeout", "20"])
            #expect(outcome.status == 0, "\(outcome.output)")
            #expect(outcome.output.contains(#""consumers":1"#))
            let arguments = ["status", "--min-consumers", "2", "--queue", queue, "--timeout", "20"]
            let tooFew = try await MLServingProgram.run(arguments)
            #expect(tooFew.status == 69 && tooFew.output.contains("consumers 1"))
            #expect(tooFew.errors.contains("\(queue) has 1 consumer, fewer than 2"), "\(tooFew.errors)")
        }
        let outcome = try await MLServingProgram.run(["status", "--min-consumers", "1", "--queue", queue, "--timeout", "20"])
        #expect(outcome.status == 69)
    }

    @Test func queueThatDoesNotExistExitsWith69() async throws {
        let outcome = try await MLServingProgram.run(["predict", "--queue", queueName(), "1"])
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("unroutable"))
    }

    @Test func missingAnswerExitsWith75() async throws {
        let queue = queueName()
        try await withEcho(queue) {}
        let outcome = try await MLServingProgram.run(["predict", "--queue", queue, "--timeout", "2", "1"])
        #expect(outcome.status == 75, "\(outcome.errors)")
    }

    /// They measure RabbitMQ by one and the same queue.
    @Test func runsOfBenchBesideEachOtherEnd() async throws {
        let queue = queueName()
        try await withEcho(queue) {
            try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await MLServingProgram.run(["bench", "--requests", "20", "--warm-up", "1", "--queue", queue]).status
                    }
                }
                for try await status in group { #expect(status == 0) }
            }
        }
    }

    @Test func benchCountsEveryRequest() async throws {
        let queue = queueName()
        try await withEcho(queue) {
            let arguments = ["bench", "--json", "--requests", "200", "--in-flight", "8", "--warm-up", "1", "--queue", queue]
            let outcome = try await MLServingProgram.run(arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains(#""requests":200"#) && outcome.output.contains(#""errors":0"#))
        }
    }

    /// A queue without a consumer, and one that is not there.
    @Test(arguments: [true, false])
    func benchOfAQueueThatAnswersNothingEndsAndNamesIt(exists: Bool) async throws {
        let queue = queueName()
        if exists { try await withEcho(queue) {} }
        let start = ContinuousClock.now
        let outcome = try await MLServingProgram.run(["bench", "--requests", "100", "--timeout", "1", "--queue", queue])
        #expect(outcome.status != 0 && outcome.errors.contains("the queue \(queue) answers no request: "), "\(outcome.errors)")
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test func statusWithoutRedisIsHealthyWhereResultsAreReplies() async throws {
        let queue = queueName()
        try await withEcho(queue) {
            let environment = ["QUEUE_ONLY": "1", "REDIS_NODES": "(127.0.0.1:1)"]
            let outcome = try await MLServingProgram.run(
                ["status", "--min-consumers", "1", "--timeout", "20", "--queue", queue], environment: environment)
            #expect(outcome.status == 0 && outcome.output.contains("not used (QUEUE_ONLY=1)"), "\(outcome.output)")
        }
    }
}
