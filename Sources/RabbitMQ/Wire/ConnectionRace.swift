internal import EventLoop
internal import Glibc
internal import Synchronization

/// Logins at several nodes, of which the first to succeed counts, each on a thread of its own.
///
/// A login begins when the one before it has failed, or has taken longer than the head start: a node that is away without a word costs
/// that much, and one that is merely slow is not given up for it. Resolving a name has no timeout, so a thread may outlive the race; a
/// connection that comes too late is closed by its thread.
final class ConnectionRace: Sendable {
    /// What came of a race.
    struct Outcome {
        /// The connection, if there is one.
        var transport: Transport?
        /// The nodes that failed until then, and why.
        var failures: [RabbitMQNode: RabbitMQError]
    }

    private struct State {
        var waiter: CheckedContinuation<Outcome, Never>?
        /// The place of the login that begins next.
        var next = 0
        var running: Set<Int> = []
        var failures: [RabbitMQNode: RabbitMQError] = [:]
    }

    private let logins: [Login]
    private let loop: EventLoop
    private let headStart: Duration
    private let timeout: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - logins: Where to log in, in this order.
    ///   - loop: What keeps the time.
    ///   - headStart: How long a login may take before the next begins.
    ///   - timeout: How long a login may take at all.
    init(_ logins: [Login], loop: EventLoop, headStart: Duration, timeout: Duration) {
        self.logins = logins
        self.loop = loop
        self.headStart = headStart
        self.timeout = timeout
    }

    /// Runs the race. To be called once, on the loop's thread.
    func run(isolation: isolated (any Actor)? = #isolation) async -> Outcome {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waiter = continuation }
            beginNext()
        }
    }

    /// Ends the race without a winner.
    func abandon() {
        end(with: nil)
    }

    // MARK: Logins

    private func beginNext() {
        let place = state.withLock { state -> Int? in
            guard state.waiter != nil, state.next < logins.count else { return nil }
            defer { state.next += 1 }
            state.running.insert(state.next)
            return state.next
        }
        guard let place else { return }
        start(place)
        loop.schedule(at: .now + headStart) { [weak self] in
            if self?.isRunning(place) == true { self?.beginNext() }
        }
        loop.schedule(at: .now + timeout) { [weak self, timeout] in
            self?.fail(place) { RabbitMQError(.timedOut, "connecting took longer than \(timeout)", node: $0.description) }
        }
    }

    private func isRunning(_ place: Int) -> Bool {
        state.withLock { $0.running.contains(place) }
    }

    private func start(_ place: Int) {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Runner(race: self, place: place))
        let status = pthread_create(&thread, nil, { Runner.run($0) }, argument.toOpaque())
        guard status == 0 else {
            argument.release()
            return fail(place) {
                RabbitMQError(.connectionFailed, "cannot start a thread to connect: error \(status)", node: $0.description)
            }
        }
        pthread_detach(thread)
    }

    /// Logs in, on the thread for that.
    private func run(_ place: Int) {
        do throws(RabbitMQError) {
            end(with: try logins[place].run())
        } catch {
            loop.execute { self.fail(place) { _ in error } }
        }
    }

    // MARK: Ends

    private func fail(_ place: Int, _ reason: (RabbitMQNode) -> RabbitMQError) {
        let node = logins[place].node
        let error = reason(node)
        let isLast: Bool? = state.withLock { state in
            guard state.running.remove(place) != nil else { return nil }
            state.failures[node] = error
            return state.next == logins.count && state.running.isEmpty
        }
        switch isLast {
        case true?: end(with: nil)
        case false?: beginNext()
        case nil: break
        }
    }

    /// The first to win takes the waiter; who comes later finds none, and lets its connection go.
    private func end(with transport: sending Transport?) {
        let (waiter, failures) = state.withLock { state in
            state.running = []
            return (state.waiter.take(), state.failures)
        }
        waiter?.resume(returning: Outcome(transport: transport, failures: failures))
    }

    /// What a thread is given.
    private final class Runner {
        private let race: ConnectionRace
        private let place: Int

        init(race: ConnectionRace, place: Int) {
            self.race = race
            self.place = place
        }

        static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            guard let argument else { return nil }
            let runner = Unmanaged<Runner>.fromOpaque(argument).takeRetainedValue()
            runner.race.run(runner.place)
            return nil
        }
    }
}
