import Foundation
import Synchronization

/// Consumers that are processes of their own: `mlserving consume echo`.
final class ConsumerProcesses: Sendable {
    private let environment: [String: String]
    private let processes = Mutex<[Process]>([])

    /// - Parameter environment: Where the servers are, and which queue to consume.
    init(count: Int, environment: [String: String]) throws {
        self.environment = environment
        for _ in 0..<count { try start() }
    }

    private func start() throws {
        let process = Process()
        // Beside the tests.
        process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "mlserving")
        process.arguments = ["consume", "echo"]
        process.environment = ["PATH": "/usr/bin:/bin", "MLSERVING_ENV_FILES": "", "LOG_LEVEL": "critical"].merging(environment) { $1 }
        try process.run()
        processes.withLock { $0.append(process) }
    }

    /// Kills one of them without notice, and starts another.
    func killAndReplace(_ index: Int) throws {
        let victim = processes.withLock { $0.remove(at: index % $0.count) }
        kill(victim.processIdentifier, SIGKILL)
        victim.waitUntilExit()
        try start()
    }

    /// Ends all of them.
    func end() {
        let all = processes.withLock { $0 }
        for process in all { kill(process.processIdentifier, SIGKILL) }
        for process in all { process.waitUntilExit() }
    }
}
