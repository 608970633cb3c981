import Foundation
import Redis
import Synchronization

/// A `redis-server` of one test: on a free port of the loopback interface, in a directory of its own, killed at the end.
final class TestRedisServer: Sendable {
    struct NotStarted: Error, CustomStringConvertible {
        let description: String
    }

    /// The program, if the machine has it.
    static let program = ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    let node: RedisNode
    private let arguments: [String]
    private let process: Mutex<Process?>

    private init(node: RedisNode, arguments: [String], process: Process) {
        self.node = node
        self.arguments = arguments
        self.process = Mutex(process)
    }

    /// Runs a server while `body` runs.
    ///
    /// - Parameter settings: Pairs of a setting and its value, as redis.conf names them.
    @discardableResult
    static func run<Value>(_ settings: [(String, String)] = [], _ body: (TestRedisServer) async throws -> Value) async throws -> Value {
        var failure: any Error = NotStarted(description: "no attempt")
        // Even without persistence a server loads the dump that it finds, and replication leaves one.
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for _ in 0..<5 {
            let port = try unusedPort()
            let arguments =
                ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", directory.path]
                + settings.flatMap { ["--\($0.0)"] + $0.1.split(separator: " ", omittingEmptySubsequences: false).map(String.init) }
            do {
                let process = try await launch(arguments)
                let server = TestRedisServer(node: RedisNode(host: "127.0.0.1", port: port), arguments: arguments, process: process)
                defer { server.kill() }
                return try await body(server)
            } catch let error as NotStarted {
                failure = error
            }
        }
        throw failure
    }

    /// Ends the server as a crash would.
    func kill() {
        guard let process = process.withLock({ $0.take() }) else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Starts a server that was killed again, empty, on the same port.
    func restart() async throws {
        let process = try await Self.launch(arguments)
        self.process.withLock { $0 = process }
    }

    /// Stops the server from running, so that it answers nothing, or lets it go on.
    func setFrozen(_ isFrozen: Bool) {
        process.withLock { process in
            if let process { _ = Foundation.kill(process.processIdentifier, isFrozen ? SIGSTOP : SIGCONT) }
        }
    }

    private static func launch(_ arguments: [String]) async throws -> Process {
        guard let program else { throw NotStarted(description: "there is no redis-server") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let log = ServerLog()
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            log.append(data)
        }
        try process.run()
        guard await log.isReady() else {
            process.waitUntilExit()
            throw NotStarted(description: log.text)
        }
        return process
    }

    private static func unusedPort() throws -> UInt16 {
        let listener = try LoopbackListener()
        return listener.port
    }
}

/// What a server says, until it is ready or ends.
private final class ServerLog: Sendable {
    private struct State {
        var text = ""
        var outcome: Bool?
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let state = Mutex(State())

    var text: String { state.withLock { $0.text } }

    func append(_ data: Data) {
        let (waiter, outcome) = state.withLock { state -> (CheckedContinuation<Bool, Never>?, Bool?) in
            state.text += String(decoding: data, as: UTF8.self)
            if state.outcome == nil {
                if state.text.contains("Ready to accept connections") {
                    state.outcome = true
                } else if data.isEmpty {
                    state.outcome = false
                }
            }
            guard state.outcome != nil else { return (nil, nil) }
            return (state.waiter.take(), state.outcome)
        }
        if let waiter, let outcome { waiter.resume(returning: outcome) }
    }

    func isReady() async -> Bool {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state -> Bool? in
                if state.outcome == nil { state.waiter = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}
