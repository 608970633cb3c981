import ArgumentParser
import Foundation
import MLServing
import ServingProgram
import Testing

@Suite("Exit codes", .timeLimit(.minutes(5)))
struct ExitCodeTests {
    private static let ticket = "mlserving:{94088cc9242c0c8742f496de}:94088cc9242c0c8742f496de-1"

    @Test(arguments: ["mlserving", "fasttext-consumer", "short-texts-clustering"])
    func helpListsThem(_ program: String) async throws {
        let arguments = program == "short-texts-clustering" ? ["serve", "--help"] : ["--help"]
        let outcome = try await MLServingProgram.run(arguments, program: program)
        #expect(outcome.status == 0)
        let codes = Set(outcome.output.split(separator: "\n").compactMap { Int($0.split(separator: " ").first ?? "") })
        #expect(codes.isSuperset(of: [0, 64, 65, 66, 69, 70, 73, 74, 75, 77, 78, 130]), "\(outcome.output)")
        #expect(codes.isSuperset(of: ErrorTable.rows.map { Int($0.exitCode) }), "\(outcome.output)")
    }

    @Test(arguments: ErrorTable.rows)
    func errorEndsAProgramAsTheTableSays(_ row: ErrorRow) {
        let report = ErrorReport(ServingError(code: row.code, message: "why"))
        #expect(report.exitCode.rawValue == row.exitCode && report.line == "\(row.code): why")
    }

    @Test(arguments: [
        (TransportError.Code.unroutable, 69), (.notFound, 69), (.unavailable, 69), (.connectionLost, 69), (.closed, 69), (.overloaded, 75),
        (.refused, 77), (.notPermitted, 77), (.tooLarge, 65), (.mismatch, 78),
    ])
    func errorOfATransportEndsAProgramAsThatOfARequest(_ code: TransportError.Code, _ status: Int) {
        #expect(Int(ErrorReport(TransportError(code: code, message: "why")).exitCode.rawValue) == status)
    }

    @Test func versionIsTold() async throws {
        let outcome = try await MLServingProgram.run(["--version"])
        #expect(outcome.status == 0 && outcome.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    }

    @Test(
        arguments: [
            ["predict", "1", "--timeout"], ["result", ticket, "--timeout"], ["status", "--timeout"], ["bench", "--timeout"],
            ["health", "--timeout"],
            ["dead-letters", "replay", "--all", "--timeout"], ["bench", "--rate"], ["bench", "--requests"], ["bench", "--items"],
            ["bench", "--payload-bytes"], ["consume", "echo", "--delay-ms"], ["consume", "echo", "--cache-seconds"],
            ["consume", "fasttext", "--model", "x", "--threshold"], ["consume", "fasttext", "--model", "x", "--k"],
            ["dead-letters", "list", "--limit"], ["status", "--min-consumers"],
        ], ["nan", "inf", "-inf", "1e300", "-1", "1e-300", "99999999999999999999999", "0x1", "0x1p0"])
    func numbersThatAreNoneAreAWrongUsage(_ arguments: [String], _ number: String) async throws {
        // A probability may be that small.
        if arguments.last == "--threshold", number == "1e-300" { return }
        let option = arguments.last.map { "\($0)=\(number)" } ?? ""
        let outcome = try await MLServingProgram.run(arguments.dropLast() + [option])
        #expect(outcome.status == 64, "\(arguments) \(number): \(outcome.errors)")
    }

    @Test func hexadecimalSecondsOfTheExampleAreAWrongUsage() async throws {
        let arguments = ["show", "--texts", "/dev/null", "--clusters", "/dev/null", "--seconds", "0x1"]
        #expect(try await MLServingProgram.run(arguments, program: "short-texts-clustering").status == 64)
    }

    @Test(
        arguments: ["result", "cancel"],
        ["nonsense", "mlserving:{abc}:abc-1", "mlserving", "mlserving:", "mlserving:{94088c", ticket + "x", "", "a b"])
    func ticketThatIsNoneIsAWrongUsageAtOnce(_ command: String, _ ticket: String) async throws {
        let outcome = try await MLServingProgram.run([command, ticket])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("no ticket"))
    }

    @Test(arguments: [
        ["REDIS_USER": "alice"], ["QUEUE_NAME": "a\nb"], ["RESULT_PREFIX": "{a}"],
        ["REDIS_TLS": "1", "REDIS_TLS_CA_FILE": "/no/such/file"],
        ["GRACE_PERIOD": "nan"], ["RABBIT_NODES": "amqp://guest:s3cret@host"], ["HEALTH_PORT": "0"], ["LOG_LEVEL": "loud"],
    ])
    func wrongConfigurationIs78AndNamesTheKeyInEachProgram(_ environment: [String: String]) async throws {
        let values = environment.merging(["MODEL_PATH": "/dev/null"]) { value, _ in value }
        for (program, arguments) in [
            ("mlserving", ["consume", "echo"]), ("mlserving", ["predict", "1"]), ("fasttext-consumer", []), ("short-texts-clustering", []),
        ] {
            // A producer has no use for that one.
            if environment["HEALTH_PORT"] != nil, arguments == ["predict", "1"] || program == "short-texts-clustering" { continue }
            let outcome = try await MLServingProgram.run(arguments, environment: values, program: program)
            #expect(outcome.status == 78, "\(program) \(arguments): \(outcome.errors)")
            #expect(environment.keys.contains { outcome.errors.contains("configuration: \($0)") }, "\(outcome.errors)")
            #expect(!outcome.errors.contains("s3cret"))
        }
    }

    @Test func portThatIsTakenIs78() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        try #require(isBound && listen(listener, 1) == 0)
        let port = "\(UInt16(bigEndian: address.sin_port))"
        let outcome = try await MLServingProgram.run(["consume", "echo", "--health-port", port])
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("HEALTH_PORT") && outcome.errors.contains(port))
        let service = try await MLServingProgram.run(["--host", "127.0.0.1", "--port", port], program: "short-texts-clustering")
        #expect(service.status == 78)
        #expect(
            service.errors.contains("HTTP_PORT: the service cannot listen on 127.0.0.1:\(port): Address already in use"),
            "\(service.errors)")
    }

    @Test func portFileThatCannotBeWrittenIs73() async throws {
        let arguments = ["--host", "127.0.0.1", "--port", "0", "--port-file", "/no/such/folder/port"]
        #expect(try await MLServingProgram.run(arguments, program: "short-texts-clustering").status == 73)
    }

    @Test(arguments: [["cancel", ticket], ["result", ticket], ["predict", "--submit", "1"]])
    func ticketsWithoutRedisOrAResultQueueAreAWrongConfiguration(_ arguments: [String]) async throws {
        let outcome = try await MLServingProgram.run(arguments, environment: ["QUEUE_ONLY": "1"])
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("QUEUE_ONLY"))
    }

    @Test func modelThatIsNotThereIs66AndOneThatIsNoneIs65() async throws {
        for (path, status) in [("/no/such/model", 66), ("/etc/passwd", 65)] {
            #expect(try await MLServingProgram.run(["consume", "fasttext", "--model", path]).status == status)
            #expect(try await MLServingProgram.run(["--model", path], program: "fasttext-consumer").status == status)
            #expect(try await MLServingProgram.run(["--embedded", "--model", path], program: "short-texts-clustering").status == status)
        }
    }

    @Test(arguments: ["queue", "queue-type", "rabbit-nodes", "redis-nodes", "log-level", "log-format", "log-file"])
    func emptyOptionIsAWrongUsage(_ option: String) async throws {
        #expect(try await MLServingProgram.run(["predict", "1", "--\(option)", ""]).status == 64)
    }

    @Test(arguments: [["status", "--timeout", "0.1"], ["health", "--port", "1"]])
    func unknownKeysAreNamedByCommandsThatLogNothingElse(_ arguments: [String]) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).env")
        try Data("PREFECH_COUNT=7\nRABBIT_NODES=(127.0.0.1:1)\nREDIS_NODES=(127.0.0.1:1)\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let outcome = try await MLServingProgram.run(arguments + ["--env-file", file.path])
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("PREFECH_COUNT") && outcome.errors.contains("PREFETCH_COUNT"), "\(outcome.errors)")
    }

    @Test func misspelledKeyIsWarnedOfByItsLine() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("mlserving-test-\(UUID().uuidString).env")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("\u{FEFF}# ours\r\nexport PREFECH_COUNT=s3cret\r\nQUEUE_ONLY=1\r\n".utf8).write(to: file)
        // What follows from the file's last line shows that it has been read.
        let outcome = try await MLServingProgram.run(
            ["cancel", Self.ticket, "--env-file", file.path], environment: ["REDIS_NODE": "s3cret"])
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("\(file.path):2: PREFECH_COUNT is not a key of this program; did you mean PREFETCH_COUNT?"))
        #expect(outcome.errors.contains("environment: REDIS_NODE is not a key of this program; did you mean REDIS_NODES?"))
        #expect(!outcome.errors.contains("s3cret"))
    }
}
