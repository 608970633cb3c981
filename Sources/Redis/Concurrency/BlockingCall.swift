internal import EventLoop
internal import Glibc

/// A call that blocks, on a thread of its own: neither a loop nor the cooperative pool must wait for it.
final class BlockingCall<Value: Sendable>: Sendable {
    private let body: @Sendable () throws -> Value
    private let answer = OneShot<Value>()

    private init(_ body: @escaping @Sendable () throws -> Value) {
        self.body = body
    }

    /// Runs `body`, and waits for it at most until the deadline. Cancellation, and the deadline, leave the thread to end by itself.
    nonisolated(nonsending) static func run(within time: LoopDeadline, _ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        let call = BlockingCall(body)
        try call.start()
        return try await time.bound(call.answer)
    }

    private func start() throws(RedisError) {
        let argument = Unmanaged.passRetained(ThreadMain { self.finish() })
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, { ThreadMain.run($0) }, argument.toOpaque())
        guard status == 0 else {
            argument.release()
            throw RedisError(.cannotConnect, "no thread to connect with", underlying: SystemError(call: "pthread_create", number: status))
        }
        pthread_detach(thread)
    }

    private func finish() {
        do {
            answer.succeed(try body())
        } catch {
            answer.fail(error)
        }
    }
}

/// Carries a closure across `pthread_create`.
private final class ThreadMain: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        Unmanaged<ThreadMain>.fromOpaque(argument).takeRetainedValue().body()
        return nil
    }
}
