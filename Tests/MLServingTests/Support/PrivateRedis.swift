import Foundation
import Glibc
import MLServing
import Redis

/// A `redis-server` of one test, on a free port of the loopback interface, killed at the end.
struct PrivateRedis: Sendable {
    /// The program, if the machine has it.
    static let program = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// It does not run.
    struct NotStarted: Error {}

    let port: UInt16
    private let processID: Int32

    /// Runs a server while `body` runs.
    ///
    /// - Parameter settings: Pairs of a setting and its value, as redis.conf names them.
    @discardableResult
    static func run<Value>(_ settings: [(String, String)] = [], _ body: (PrivateRedis) async throws -> Value) async throws -> Value {
        for _ in 0..<5 {
            let process = Process()
            if let server = try start(process, settings) {
                defer {
                    server.kill()
                    process.waitUntilExit()
                }
                return try await body(server)
            }
        }
        throw NotStarted()
    }

    /// Starts a server and waits until it says that it is ready; `nil` when another program has taken the port.
    private static func start(_ process: Process, _ settings: [(String, String)]) throws -> PrivateRedis? {
        guard let program else { throw NotStarted() }
        let port = UInt16.random(in: 20_000...30_000)
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments =
            ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dbfilename", "none-\(port).rdb"]
            + settings.flatMap { ["--\($0.0)"] + $0.1.split(separator: " ", omittingEmptySubsequences: false).map(String.init) }
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var said = ""
        while let data = try output.fileHandleForReading.read(upToCount: 1), !data.isEmpty {
            said += String(decoding: data, as: UTF8.self)
            if said.contains("Ready to accept connections") {
                output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
                return PrivateRedis(port: port, processID: process.processIdentifier)
            }
        }
        process.waitUntilExit()
        return nil
    }

    /// Ends it as a crash would.
    func kill() {
        _ = Glibc.kill(processID, SIGKILL)
    }

    /// Stops it from answering, or lets it go on.
    func setFrozen(_ isFrozen: Bool) {
        _ = Glibc.kill(processID, isFrozen ? SIGSTOP : SIGCONT)
    }

    /// Settings of a store that is this server.
    var settings: ServingSettings {
        var settings = ServingSettings()
        settings.redisNodes = ServerNode("127.0.0.1:\(port)").map { [$0] } ?? []
        return settings
    }

    /// A configuration of a client of this server.
    var configuration: RedisConfiguration {
        RedisConfiguration(nodes: [RedisNode(host: "127.0.0.1", port: port)])
    }
}
