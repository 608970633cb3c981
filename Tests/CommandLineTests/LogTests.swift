import Foundation
import JSON
import Logging
import MLServing
import Synchronization
import Testing

@testable import ServingProgram

@Suite("Logs")
struct LogTests {
    private static let line = LogLine(
        time: LogTime(seconds: 1_764_555_325, milliseconds: 7), level: .warning, label: "mlserving.consumer", source: "MLServingCore",
        message: "a \"request\" failed", metadata: ["request_id": "7d51-1", "inputs": ["a", "b"], "limits": ["count": "\(2)"]])

    private func text(_ line: LogLine, _ format: LogFormat) -> String {
        String(decoding: line.bytes(in: format), as: UTF8.self)
    }

    @Test func textIsForPeople() {
        let expected = """
            2025-12-01T02:15:25.007Z warning mlserving.consumer: inputs=["a", "b"] limits=["count": "2"] request_id=7d51-1 [MLServingCore] \
            a "request" failed

            """
        #expect(text(Self.line, .text) == expected)
    }

    @Test func objectsAreForPrograms() throws {
        let expected = """
            {"time":"2025-12-01T02:15:25.007Z","level":"warning","logger":"mlserving.consumer","source":"MLServingCore",\
            "message":"a \\"request\\" failed","metadata":{"inputs":["a","b"],"limits":{"count":"2"},"request_id":"7d51-1"}}

            """
        #expect(text(Self.line, .json) == expected)
    }

    @Test(arguments: [
        (0, 0, "1970-01-01T00:00:00.000Z"), (951_782_400, 999, "2000-02-29T00:00:00.999Z"), (-1, 5, "1969-12-31T23:59:59.005Z"),
    ])
    func timesAreInUTC(seconds: Int, milliseconds: Int, expected: String) {
        #expect(LogTime(seconds: seconds, milliseconds: milliseconds).description == expected)
    }

    /// What belongs to the logger, to the event and to the error.
    @Test func metadataOfAllSourcesAreWritten() throws {
        let lines = Lines()
        var logger = Logger(label: "l") { ProgramLogHandler(label: $0, logLevel: .info, format: .json, write: { lines.append($0) }) }
        logger[metadataKey: "a"] = "1"
        logger[metadataKey: "b"] = "2"
        logger.debug("not at this level")
        logger.info("x\ny", error: OutputError(errno: 28), metadata: ["b": "3"])
        let objects = try lines.objects()
        #expect(objects.count == 1)
        let object = try #require(objects.first)
        #expect(object["message"]?.string == "x\ny" && object["level"]?.string == "info")
        #expect(object["metadata"]?["a"]?.string == "1" && object["metadata"]?["b"]?.string == "3")
        #expect(object["metadata"]?["error"]?.string?.contains("28") == true)
    }
}

/// Lines that were logged.
private final class Lines: Sendable {
    private let all = Mutex<[[UInt8]]>([])

    func append(_ line: [UInt8]) { all.withLock { $0.append(line) } }

    func objects() throws -> [JSONValue] { try all.withLock { $0 }.map { try JSONReader().read($0.dropLast()[...]) } }
}

@Suite("Files of logs")
struct LogFileTests {
    /// A folder of its own, and a file in it that need not exist.
    private func withPath(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "logs-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.appending(path: "log").path)
    }

    private func content(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private func line(_ text: String) -> [UInt8] { Array((text + "\n").utf8) }

    @Test func fullFilesArePutAside() async throws {
        try await withPath { path in
            let file = try LogFile(path: path, maximumByteCount: 8, olderCount: 2)
            for number in 1...7 { file.append(line("\(number)00")) }
            #expect(content(path) == "700\n")
            #expect(content(path + ".1") == "500\n600\n")
            #expect(content(path + ".2") == "300\n400\n")
            #expect(content(path + ".3") == nil)
        }
    }

    @Test func noneIsKeptIfNoneIsWanted() async throws {
        try await withPath { path in
            let file = try LogFile(path: path, maximumByteCount: 4, olderCount: 0)
            for number in 1...3 { file.append(line("\(number)00")) }
            #expect(content(path) == "300\n" && content(path + ".1") == nil)
        }
    }

    @Test func longLineHasAFileForItself() async throws {
        try await withPath { path in
            let file = try LogFile(path: path, maximumByteCount: 4, olderCount: 5)
            for text in ["a", "much longer than that", "b"] { file.append(line(text)) }
            #expect(content(path) == "b\n" && content(path + ".1") == "much longer than that\n" && content(path + ".2") == "a\n")
        }
    }

    @Test func whatIsThereIsContinued() async throws {
        try await withPath { path in
            for text in ["a", "b"] { try LogFile(path: path, maximumByteCount: 100, olderCount: 1).append(line(text)) }
            #expect(content(path) == "a\nb\n")
        }
    }

    @Test func fileThatAnotherProgramRenamesIsLeft() async throws {
        try await withPath { path in
            let file = try LogFile(path: path, maximumByteCount: 100, olderCount: 1)
            file.append(line("a"))
            try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
            file.append(line("b"))
            #expect(content(path + ".old") == "a\n" && content(path) == "b\n")
        }
    }

    /// Each with a descriptor of its own, as processes have.
    @Test func severalWritersLoseNothing() async throws {
        try await withPath { path in
            await withTaskGroup { group in
                for writer in 0..<4 {
                    group.addTask {
                        guard let file = try? LogFile(path: path, maximumByteCount: 100, olderCount: 1_000) else { return }
                        for number in 0..<200 { file.append(line("\(writer)-\(number)")) }
                    }
                }
            }
            let files = [path] + (1...1_000).map { "\(path).\($0)" }
            let lines = files.compactMap { content($0) }.joined().split(separator: "\n")
            #expect(lines.count == 800 && Set(lines).count == 800)
        }
    }

    @Test(arguments: ["/no-such-folder/log", "/tmp", "/dev/null"])
    func whatCannotBeWrittenIsRefused(_ path: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try LogFile(path: path, maximumByteCount: 100, olderCount: 1) }
        #expect(error?.key == "LOG_FILE")
    }

    @Test func programsLogToTheFile() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "log-\(UInt64.random(in: 0 ... .max))").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        // A key that is nearly one is told of.
        let environment = ["LOG_FORMAT": "json", "LOG_FILE": path, "PREFECH_COUNT": "1", "RABBIT_NODES": "(127.0.0.1:1)"]
        let outcome = try await MLServingProgram.run(["predict", "1", "--timeout", "1"], environment: environment)
        #expect(outcome.status == 69)
        let text = try #require(content(path))
        let lines = try text.split(separator: "\n").map { try JSONReader().read(Array($0.utf8)[...]) }
        #expect(lines.contains { $0["message"]?.string?.contains("PREFECH_COUNT") == true && $0["level"]?.string == "warning" })
        #expect(!outcome.errors.contains("PREFECH_COUNT"), "\(outcome.errors)")
        let unwritable = try await MLServingProgram.run(["predict", "1", "--log-file", "/no-such-folder/log"], environment: environment)
        #expect(unwritable.status == 78 && unwritable.errors.contains("LOG_FILE"), "\(unwritable.errors)")
    }
}
