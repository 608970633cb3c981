import Foundation
import Logging
import Synchronization

/// Consumers that are processes of their own: `mlserving consume echo`.
final class ConsumerProcesses: Sendable {
    private struct State {
        var processes: [Process] = []
        var crashes = 0
        var isOver = false
    }

    private let arguments: [String]
    private let environment: [String: String]
    private let state = Mutex(State())

    /// - Parameters:
    ///   - fatalInput: What a consumer crashes on; another then takes its place.
    ///   - environment: Where the servers are, and which queue to consume.
    init(count: Int, fatalInput: Int? = nil, environment: [String: String]) throws {
        arguments = ["consume", "echo"] + (fatalInput.map { ["--crash-on=\($0)"] } ?? [])
        self.environment = environment
        for _ in 0..<count { try start() }
    }

    /// How many have ended by themselves.
    var crashes: Int { state.withLock { $0.crashes } }

    private func start() throws {
        let process = Process()
        // Beside the tests.
        process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "mlserving")
        process.arguments = arguments
        let common = ["PATH": "/usr/bin:/bin", "MLSERVING_ENV_FILES": "", "LOG_LEVEL": "\(TestClusters.quietLogger.logLevel)"]
        process.environment = common.merging(environment) { $1 }
        process.terminationHandler = { [weak self] in self?.hasEnded($0) }
        try state.withLock { state in
            guard !state.isOver else { return }
            try process.run()
            state.processes.append(process)
        }
    }

    /// Replaces one that has ended by itself.
    private func hasEnded(_ process: Process) {
        let hasCrashed = state.withLock { state in
            guard let index = state.processes.firstIndex(of: process), !state.isOver else { return false }
            state.processes.remove(at: index)
            state.crashes += 1
            return true
        }
        if hasCrashed { try? start() }
    }

    /// Kills one of them without notice, and starts another.
    func killAndReplace(_ index: Int) throws {
        try endAndReplace(index, by: SIGKILL)
    }

    /// Has one of them drain, and starts another when it has ended.
    ///
    /// - Returns: What it exits with.
    func drainAndReplace(_ index: Int) throws -> Int32 {
        try endAndReplace(index, by: SIGTERM)
    }

    @discardableResult
    private func endAndReplace(_ index: Int, by signal: Int32) throws -> Int32 {
        let victim = state.withLock { $0.processes.remove(at: index % $0.processes.count) }
        kill(victim.processIdentifier, signal)
        victim.waitUntilExit()
        try start()
        return victim.terminationStatus
    }

    /// Stops one of them from running, so that it neither answers nor ends; or lets it go on.
    func signal(_ number: Int32, _ index: Int) {
        let process = state.withLock { $0.processes[index % $0.processes.count] }
        kill(process.processIdentifier, number)
    }

    /// Ends all of them.
    func end() {
        let all = state.withLock { state in
            state.isOver = true
            return state.processes
        }
        for process in all { kill(process.processIdentifier, SIGKILL) }
        for process in all { process.waitUntilExit() }
    }
}
