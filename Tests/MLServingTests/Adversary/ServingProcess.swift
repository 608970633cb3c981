import Foundation
import MLServing

/// A program of this package in a process of its own, which writes its log to a file.
final class ServingProcess {
    private let process = Process()
    let log: URL
    /// How much of the log ``newOutput()`` has returned.
    private var seenCount: UInt64 = 0

    init(_ arguments: [String], variables: [String: String]) throws {
        log = FileManager.default.temporaryDirectory.appending(path: "mlserving-test-\(UUID().uuidString).log")
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        process.executableURL = Self.program
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "MLSERVING_ENV_FILES": ""].merging(variables) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    /// The one that `MLSERVING_TEST_PROGRAM` names, or the one beside the tests.
    private static var program: URL {
        if let path = ProcessInfo.processInfo.environment["MLSERVING_TEST_PROGRAM"] { return URL(filePath: path) }
        return URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "mlserving")
    }

    var isRunning: Bool { process.isRunning }

    /// The most that the program has kept in memory at any time, in bytes; 0 once it has ended.
    var peakBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
    }

    /// Its log so far.
    var output: [UInt8] { (try? Data(contentsOf: log)).map(Array.init) ?? [] }

    /// The lines that it has logged since this was last asked; all that is left once it has ended.
    func newOutput() -> [UInt8] {
        guard let file = try? FileHandle(forReadingFrom: log), (try? file.seek(toOffset: seenCount)) != nil else { return [] }
        let bytes = [UInt8]((try? file.readToEnd()) ?? Data())
        let end = isRunning ? bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0 : bytes.count
        seenCount += UInt64(end)
        return Array(bytes[..<end])
    }

    /// The end of its log.
    var lastOutput: [UInt8] { Array(output.suffix(4_000)) }

    /// Asks it to end, and returns its exit code.
    func terminate() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Runs to its end.
    func exitCode() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    func end() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: log)
    }

    /// What tells a program where a party's servers are, and who it is.
    static func variables(_ settings: ServingSettings) -> [String: String] {
        [
            "RABBIT_NODES": "(\(LiveServers.rabbit ?? ""))", "REDIS_NODES": "(\(LiveServers.redis ?? ""))",
            "RABBIT_USER": settings.rabbitUser, "RABBIT_PASSWORD": settings.rabbitPassword.revealed,
            "REDIS_USER": settings.redisUser ?? "", "REDIS_PASSWORD": settings.redisPassword?.revealed ?? "",
            "QUEUE_NAME": settings.consumer.queue.name, "EXCHANGE_NAME": settings.exchangeName,
            "RESULT_PREFIX": settings.producer.keyPrefix,
        ]
    }
}
