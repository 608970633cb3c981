import Foundation
import Synchronization

/// A program that runs beside the test, with its output in a log, and that does not outlive it even when the test crashes.
///
/// Not Foundation's `Process`: the file handles that it watches crash Dispatch now and then when many come and go.
final class ChildProcess: Sendable {
    struct NotStarted: Error, CustomStringConvertible {
        let description: String
    }

    private let identifier: pid_t
    private let guardian: pid_t
    private let lifeline: Int32

    /// Starts a program, and returns when its output contains `sign`.
    init(_ program: String, _ arguments: [String], readyWhen sign: String) async throws {
        let (output, input) = try Self.pipe()
        do {
            // From then on the program alone has this end: when it ends, so does its output.
            defer { close(input) }
            identifier = try Self.spawn(program, arguments, [1: input, 2: input])
        } catch {
            close(output)
            throw error
        }
        let log = ChildLog(sign: sign)
        Thread.detachNewThread { log.follow(output) }
        // Reads until the end of a pipe whose other end closes with this process, however that comes about.
        let (end, lifeline) = try Self.pipe()
        defer { close(end) }
        self.lifeline = lifeline
        guardian = try Self.spawn("/bin/sh", ["-c", "read -r _; kill -9 \(identifier)"], [0: end])
        guard await log.isReady() else {
            waitUntilExit()
            throw NotStarted(description: log.text)
        }
    }

    /// A pipe that other children, started at the same time, do not inherit.
    private static func pipe() throws -> (output: Int32, input: Int32) {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw NotStarted(description: "no pipe: errno \(errno)") }
        return (ends[0], ends[1])
    }

    private static func spawn(_ program: String, _ arguments: [String], _ descriptors: [Int32: Int32]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        for (standard, descriptor) in descriptors { posix_spawn_file_actions_adddup2(&actions, descriptor, standard) }
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var identifier = pid_t()
        let status = posix_spawn(&identifier, program, &actions, nil, &words, environ)
        for word in words { free(word) }
        posix_spawn_file_actions_destroy(&actions)
        guard status == 0 else { throw NotStarted(description: "\(program) does not start: error \(status)") }
        return identifier
    }

    func signal(_ number: Int32) {
        kill(identifier, number)
    }

    /// Waits for the program's end, and ends what guards it. Called once.
    func waitUntilExit() {
        // The guardian first: the program's identifier may be another's once it has been waited for.
        kill(guardian, SIGKILL)
        for identifier in [guardian, identifier] {
            while waitpid(identifier, nil, 0) < 0, errno == EINTR {}
        }
        close(lifeline)
    }
}

/// What a program says, until it is ready or ends.
private final class ChildLog: Sendable {
    private struct State {
        var text = ""
        var isReady: Bool?
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let sign: String
    private let state = Mutex(State())

    init(sign: String) {
        self.sign = sign
    }

    var text: String { state.withLock { $0.text } }

    /// Reads to the end, and closes the descriptor.
    func follow(_ descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            append(String(decoding: bytes.prefix(count), as: UTF8.self), isEnd: false)
        }
        append("", isEnd: true)
        close(descriptor)
    }

    private func append(_ text: String, isEnd: Bool) {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.isReady == nil else { return nil }
            state.text += text
            if state.text.contains(sign) { state.isReady = true } else if isEnd { state.isReady = false }
            return state.isReady == nil ? nil : state.waiter.take()
        }
        waiter?.resume(returning: !isEnd)
    }

    func isReady() async -> Bool {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state -> Bool? in
                if state.isReady == nil { state.waiter = continuation }
                return state.isReady
            }
            if let isReady { continuation.resume(returning: isReady) }
        }
    }
}
