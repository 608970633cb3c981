internal import EventLoop
internal import Glibc
internal import Logging
internal import Synchronization

/// Announces the models of a host for as long as they are served, and again after the directory has lost its data.
final class ModelAnnouncer: Sendable {
    private struct State: Sendable {
        /// What is to be announced, by the queue of the model.
        var entries: [String: DirectoryEntry] = [:]
        /// What is to be removed.
        var withdrawn: Set<String> = []
        /// Whether the last try has failed, which was told.
        var isFailing = false
    }

    private let directory: any ModelDirectory
    private let executor: any TimedExecutor
    private let logger: Logger
    private let hostID: String
    /// How long an announcement lives; it is renewed three times in that time.
    private let timeToLive: Duration
    private let state = Mutex(State())
    /// Told when there is something to do.
    private let wakeUps = Mailbox<Void>()

    init(directory: any ModelDirectory, executor: any TimedExecutor, timeToLive: Duration = .seconds(30), logger: Logger) {
        self.directory = directory
        self.executor = executor
        self.timeToLive = timeToLive
        self.logger = logger
        hostID = String(executor.randomBits() >> 16, radix: 16)
    }

    /// Announces a model from now on.
    ///
    /// - Throws: ``ModelHostError`` when its description is too large.
    func announce(_ address: ModelAddress, _ description: ModelDescription, contentTypes: [String]) throws(ModelHostError) {
        let host = AnnouncedModel.Host(id: hostID, machine: Self.machine, processID: Int(getpid()), since: executor.unixMilliseconds)
        let entry = try Announcement(address: address, contentTypes: contentTypes, description: description, host: host).entry()
        state.withLock { state in
            state.entries[address.queue] = entry
            state.withdrawn.remove(entry.name)
        }
        wakeUps.append(())
    }

    /// Announces a model no longer.
    func withdraw(queue: String) {
        let isAnnounced = state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: queue) else { return false }
            state.withdrawn.insert(entry.name)
            return true
        }
        if isAnnounced { wakeUps.append(()) }
    }

    /// Announces nothing any longer. Returns when the directory has heard of it, or after a second: what it has not heard of ends by itself.
    func withdrawAll() async {
        let names = state.withLock { state in
            defer { (state.entries, state.withdrawn) = ([:], []) }
            return state.entries.values.map(\.name) + state.withdrawn
        }
        guard !names.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await self.directory.withdraw(names) }
            group.addTask(executorPreference: executor) { try? await self.executor.sleep(until: self.executor.now + .seconds(1)) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Announces what there is, now and before it would end, until cancelled.
    ///
    /// - Throws: `CancellationError`.
    func run() async throws {
        var timer: LoopTimer?
        defer { timer?.cancel() }
        while true {
            _ = try await wakeUps.next()
            timer?.cancel()
            let isLasting = try await write()
            if isLasting { timer = executor.schedule(at: executor.now + timeToLive / 3) { [wakeUps] in wakeUps.append(()) } }
        }
    }

    /// - Returns: Whether something has to be written again later.
    private func write() async throws -> Bool {
        let (entries, withdrawn) = state.withLock { (Array($0.entries.values), $0.withdrawn) }
        do {
            if !withdrawn.isEmpty { try await directory.withdraw(Array(withdrawn)) }
            if !entries.isEmpty { try await directory.enter(entries, timeToLive: timeToLive) }
            state.withLock { state in
                state.withdrawn.subtract(withdrawn)
                state.isFailing = false
            }
        } catch let error as TransportError {
            let isNew = state.withLock { state in
                defer { state.isFailing = true }
                return !state.isFailing
            }
            // The models are served all the same; only nobody finds them.
            if isNew, error.code != .closed {
                logger.notice("the models cannot be announced now; this goes on being tried", metadata: [LogKey.error: "\(error.message)"])
            }
        }
        return state.withLock { !$0.entries.isEmpty || !$0.withdrawn.isEmpty }
    }

    private static var machine: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
