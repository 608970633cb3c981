import Foundation
import Synchronization

/// A program that runs beside the test, with its output in a log.
///
/// Not Foundation's `Process`: the file handles that it watches crash Dispatch now and then when many come and go.
final class ChildProcess: Sendable {
    struct NotStarted: Error, CustomStringConvertible {
        let description: String
    }

    private let identifier: pid_t
    private let log: ChildLog

    /// Starts a program, and returns when its output contains `sign`.
    init(_ program: String, _ arguments: [String], readyWhen sign: String) async throws {
        var ends: [Int32] = [0, 0]
        // A pipe that other children, started at the same time, do not inherit.
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw NotStarted(description: "no pipe: errno \(errno)") }
        let (output, input) = (ends[0], ends[1])
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        for standard: Int32 in [1, 2] { posix_spawn_file_actions_adddup2(&actions, input, standard) }
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var identifier = pid_t()
        let status = posix_spawn(&identifier, program, &actions, nil, &words, environ)
        for word in words { free(word) }
        posix_spawn_file_actions_destroy(&actions)
        close(input)
        guard status == 0 else {
            close(output)
            throw NotStarted(description: "\(program) does not start: error \(status)")
        }
        let log = ChildLog(sign: sign)
        Thread.detachNewThread { log.follow(output) }
        self.identifier = identifier
        self.log = log
        guard await log.isReady() else {
            waitUntilExit()
            throw NotStarted(description: log.text)
        }
    }

    func signal(_ number: Int32) {
        kill(identifier, number)
    }

    func waitUntilExit() {
        while waitpid(identifier, nil, 0) < 0, errno == EINTR {}
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
