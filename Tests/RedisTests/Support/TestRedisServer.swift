import Foundation
import Redis
import Synchronization

/// A `redis-server` of one test: on a free port of the loopback interface, in a directory of its own, killed at the end.
final class TestRedisServer: Sendable {
    /// The program, if the machine has it.
    static let program = ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    let node: RedisNode
    private let arguments: [String]
    private let process: Mutex<ChildProcess?>

    private init(node: RedisNode, arguments: [String], process: ChildProcess) {
        self.node = node
        self.arguments = arguments
        self.process = Mutex(process)
    }

    /// Runs a server while `body` runs.
    ///
    /// - Parameters:
    ///   - settings: Pairs of a setting and its value, as redis.conf names them.
    ///   - isEncrypted: Whether it speaks TLS only; the settings then name its certificate.
    @discardableResult
    static func run<Value>(
        _ settings: [(String, String)] = [], isEncrypted: Bool = false, _ body: (TestRedisServer) async throws -> Value
    ) async throws -> Value {
        var failure: any Error = ChildProcess.NotStarted(description: "no attempt")
        // Even without persistence a server loads the dump that it finds, and replication leaves one.
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for _ in 0..<5 {
            let port = try unusedPort()
            let arguments =
                [
                    "--port", isEncrypted ? "0" : String(port), "--tls-port", isEncrypted ? String(port) : "0", "--bind", "127.0.0.1",
                    "--save", "", "--appendonly", "no", "--dir", directory.path,
                ]
                + settings.flatMap { ["--\($0.0)"] + $0.1.split(separator: " ", omittingEmptySubsequences: false).map(String.init) }
            do {
                let process = try await launch(arguments)
                let server = TestRedisServer(node: RedisNode(host: "127.0.0.1", port: port), arguments: arguments, process: process)
                defer { server.kill() }
                return try await body(server)
            } catch let error as ChildProcess.NotStarted {
                failure = error
            }
        }
        throw failure
    }

    /// Ends the server as a crash would.
    func kill() {
        guard let process = process.withLock({ $0.take() }) else { return }
        process.signal(SIGKILL)
        process.waitUntilExit()
    }

    /// Starts a server that was killed again, empty, on the same port.
    func restart() async throws {
        let process = try await Self.launch(arguments)
        self.process.withLock { $0 = process }
    }

    /// Stops the server from running, so that it answers nothing, or lets it go on.
    func setFrozen(_ isFrozen: Bool) {
        process.withLock { $0?.signal(isFrozen ? SIGSTOP : SIGCONT) }
    }

    private static func launch(_ arguments: [String]) async throws -> ChildProcess {
        guard let program else { throw ChildProcess.NotStarted(description: "there is no redis-server") }
        return try await ChildProcess(program, arguments, readyWhen: "Ready to accept connections")
    }

    private static func unusedPort() throws -> UInt16 {
        let listener = try LoopbackListener()
        return listener.port
    }
}
