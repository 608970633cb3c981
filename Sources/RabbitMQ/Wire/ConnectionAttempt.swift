internal import Glibc
internal import Synchronization

/// A login on a thread of its own, that the caller can give up on.
///
/// Resolving a name has no timeout, so the thread may outlive the attempt; a connection that comes too late is closed by its thread.
final class ConnectionAttempt: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Transport, RabbitMQError>, Never>

    private let login: Login
    private let waiter = Mutex<Waiter?>(nil)

    init(_ login: Login) {
        self.login = login
    }

    /// Starts the thread and waits for it, or for ``abandon(_:)``, whichever comes first. To be called once.
    func run(isolation: isolated (any Actor)? = #isolation) async -> Result<Transport, RabbitMQError> {
        await withCheckedContinuation { continuation in
            waiter.withLock { $0 = continuation }
            start()
        }
    }

    /// Ends the wait.
    func abandon(_ error: RabbitMQError) {
        takeWaiter()?.resume(returning: .failure(error))
    }

    private func takeWaiter() -> Waiter? {
        waiter.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }
    }

    private func start() {
        var thread = pthread_t()
        let argument = Unmanaged<ConnectionAttempt>.passRetained(self)
        let status = pthread_create(&thread, nil, { ConnectionAttempt.runThread($0) }, argument.toOpaque())
        guard status == 0 else {
            argument.release()
            abandon(RabbitMQError(.connectionFailed, "cannot start a thread to connect: error \(status)", node: login.node.description))
            return
        }
        pthread_detach(thread)
    }

    private static func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        let attempt = Unmanaged<ConnectionAttempt>.fromOpaque(argument).takeRetainedValue()
        attempt.finish()
        return nil
    }

    private func finish() {
        let result = Result { () throws(RabbitMQError) in try login.run() }
        takeWaiter()?.resume(returning: result)
    }
}
