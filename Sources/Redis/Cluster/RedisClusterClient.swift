public import EventLoop
public import Logging

/// A client of a Redis Cluster: knows which node owns which slots, and has a connection to each node that it needs.
///
/// Commands go to the owner of their first argument's slot. What the cluster redirects is sent on, what nobody can execute for the moment is
/// sent again, each until the command's time is up; a command that was sent and whose connection ended fails with
/// ``RedisError/Code/connectionLost``, as with a ``RedisClient``.
///
/// Nothing happens until ``run()`` is called, which stays until it is cancelled. All connections live on the loop that the client is given.
public actor RedisClusterClient: RedisClientProtocol {
    /// How often it is looked whether all nodes answer …
    private static let inspectionInterval = Duration.milliseconds(500)
    /// … and for how long one may not, before the others are asked whether it has been replaced.
    private static let silence = Duration.seconds(1)

    private enum Phase {
        case idle
        case running
        case stopping
        case stopped
    }

    /// A pipeline under way.
    private struct Request {
        var pipeline: ClusterPipeline
        let deadline: ContinuousClock.Instant
        /// Whether the deadline grows with the bytes that move, on the way to a node and back.
        let isElastic: Bool
        /// Whether it may wait for room, however many wait already: those who issue in this way wait themselves.
        let mayQueue: Bool
        let waiter: CommandWaiter
    }

    /// The configuration it was made with. Its nodes are those that are asked for all others.
    public nonisolated let configuration: RedisConfiguration

    nonisolated let loop: EventLoop
    let logger: Logger
    private let failures = RecurringFailures()
    private var phase = Phase.idle
    private(set) var topology: ClusterTopology?
    private var lastFailure: RedisError?

    private var nodes: [RedisNode: ClusterNode] = [:]
    private var newNodes: [ClusterNode] = []
    /// The connections that were made to nodes that have been left.
    private var formerConnectCount = 0
    private var nodesWaiter: OneShot<Void>?

    private var requests: [UInt64: Request] = [:]
    private var lastRequest: UInt64 = 0
    /// Requests that wait for the topology.
    private var parked: Set<UInt64> = []
    private var topologyWaiters: [UInt64: OneShot<Void>] = [:]

    private var refreshIsDue = false
    private var refreshWaiter: OneShot<Void>?

    var watches: [UInt64: ClusterKeyWatch] = [:]

    /// The loop's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Makes a client that does nothing until ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: Some nodes of the cluster, and the limits, which hold for each node. A cluster has only database 0.
    ///   - loop: The loop to run on, best shared with those who use the client most.
    ///   - logger: Told of connections made and lost, and of changes in the cluster.
    public init(configuration: RedisConfiguration, loop: EventLoop, logger: Logger) {
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
    }

    // MARK: Life

    /// Keeps the client connected until the task is cancelled; then lets issued commands finish, each to its timeout, and disconnects.
    ///
    /// - Throws: ``RedisError/Code/invalidConfiguration``, or ``RedisError/Code/closed`` when it has been called before.
    public func run() async throws {
        guard phase == .idle else { throw RedisError(.closed, "a Redis client runs once; make another") }
        try configuration.validate()
        if configuration.database != 0 || configuration.sentinels != nil {
            throw RedisError(.invalidConfiguration, "a Redis Cluster has neither databases besides 0 nor sentinels")
        }
        phase = .running
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: loop) { await self.keepTopology() }
            group.addTask(executorPreference: loop) { await self.runNodes() }
        }
        phase = .stopped
        for identifier in requests.keys { finish(identifier, with: .failure(.stopped)) }
        for identifier in watches.keys { fail(watch: identifier, .stopped) }
    }

    /// Runs the clients of the nodes, each until its node is left.
    private func runNodes() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for node in newNodes { group.addTask(executorPreference: loop) { await node.run() } }
                newNodes = []
                let wanted = OneShot<Void>()
                nodesWaiter = wanted
                try? await wanted.wait()
            }
            // What was sent may finish.
            phase = .stopping
            for identifier in parked { finish(identifier, with: .failure(.stopped)) }
            for waiter in topologyWaiters.values { waiter.fail(RedisError.stopped) }
        }
    }

    /// Waits until the cluster's nodes are known.
    ///
    /// - Throws: ``RedisError/Code/rejected`` when the nodes refuse us or are no cluster, ``RedisError/Code/tlsFailed``,
    ///   ``RedisError/Code/closed``, or `CancellationError`.
    public func waitUntilConnected() async throws {
        if phase == .stopping || phase == .stopped { throw RedisError.stopped }
        if topology != nil { return }
        if let lastFailure, lastFailure.isRefusal { throw lastFailure }
        let identifier = makeIdentifier()
        let known = OneShot<Void>()
        topologyWaiters[identifier] = known
        defer { topologyWaiters[identifier] = nil }
        try await known.wait()
    }

    /// Whether the cluster's nodes are known, and those that have been needed are connected to.
    public var isConnected: Bool {
        topology != nil && nodes.values.allSatisfy { node in node.client.assumeIsolated { $0.isConnected } }
    }

    /// Why the cluster, or one of the nodes that have been needed, cannot be reached.
    public var problem: RedisError? {
        if topology == nil { return lastFailure }
        return nodes.values.lazy.compactMap { node in node.client.assumeIsolated { $0.problem } }.first
    }

    /// How often a connection to a node has been made again, or to another in its place, and one for the first.
    public var connectCount: Int {
        guard topology != nil else { return 0 }
        return nodes.values.reduce(1 + formerConnectCount) { sum, node in
            sum + max(0, node.client.assumeIsolated { $0.connectCount } - 1)
        }
    }

    /// The client of a node, made when it is first needed.
    func client(of node: RedisNode) -> RedisClient {
        if let known = nodes[node] { return known.client }
        var configuration = configuration
        configuration.nodes = [node]
        let client = RedisClient(configuration: configuration, loop: loop, logger: logger) { [weak self] in
            self?.assumeIsolated { $0.refreshTopology() }
        }
        let new = ClusterNode(client: client, logger: logger)
        nodes[node] = new
        newNodes.append(new)
        nodesWaiter?.succeed()
        return client
    }

    /// The client of a node, if there is one.
    func knownClient(of node: RedisNode) -> RedisClient? { nodes[node]?.client }

    func makeIdentifier() -> UInt64 {
        lastRequest += 1
        return lastRequest
    }

    var isStopped: Bool { phase == .stopping || phase == .stopped }

    // MARK: Topology

    /// Has the cluster asked again which node owns which slots, soon.
    func refreshTopology() {
        refreshIsDue = true
        refreshWaiter?.succeed()
    }

    private func keepTopology() async {
        var configuration = configuration
        // Replicas know as much as masters.
        configuration.nodes = []
        let inquiry = Inquiry(
            connector: Connector(configuration: configuration, loop: loop, clientName: configuration.clientName),
            question: ClusterTopology.question
        ) { (reply, node) throws(RedisError) in try ClusterTopology(reply, from: node) }
        while !Task.isCancelled {
            refreshIsDue = false
            do {
                adopt(try await inquiry.answer(of: sources))
            } catch let error as RedisError {
                note(failure: error)
            } catch {
                return
            }
            await pauseTopology()
        }
    }

    /// Whom to ask, the nodes of the cluster first.
    private var sources: [RedisNode] {
        let members = topology?.members ?? []
        return members.shuffled() + configuration.nodes.filter { !members.contains($0) }.shuffled()
    }

    /// Waits until there is reason to ask again; with something amiss soon, but never without a pause.
    private func pauseTopology() async {
        try? await loop.sleep(until: .now.advanced(by: .milliseconds(100) * Double.random(in: 0.5...1)))
        let end = ContinuousClock.now.advanced(by: configuration.topologyRefreshInterval)
        while !refreshIsDue, !Task.isCancelled, .now < end {
            let due = OneShot<Void>()
            refreshWaiter = due
            let timer = loop.schedule(at: .now.advanced(by: Self.inspectionInterval)) { due.succeed() }
            try? await due.wait()
            timer.cancel()
            refreshWaiter = nil
            if isAmiss { return }
        }
    }

    /// Whether another node may have to take the place of one.
    private var isAmiss: Bool {
        let moment = ContinuousClock.now.advanced(by: .zero - Self.silence)
        return topology == nil || watches.values.contains { $0.tokens.isEmpty }
            || nodes.values.contains { node in node.client.assumeIsolated { !$0.isAnswering(since: moment) } }
    }

    private func adopt(_ new: ClusterTopology) {
        if topology?.masters != new.masters {
            logger.info("the Redis Cluster has these masters", metadata: .init([.nodes: "\(new.masters)"]))
        }
        topology = new
        lastFailure = nil
        failures.reset()
        let left = nodes.filter { !new.masters.contains($0.key) }
        for node in left.keys { nodes[node] = nil }
        for identifier in watches.keys { arrange(watch: identifier, leaving: left) }
        for node in left.values {
            formerConnectCount += node.client.assumeIsolated { $0.connectCount }
            node.leave()
        }
        for waiter in topologyWaiters.values { waiter.succeed() }
        let waiting = parked.sorted()
        parked = []
        for identifier in waiting { dispatchAll(of: identifier) }
    }

    private func note(failure error: RedisError) {
        lastFailure = error
        logger.log(
            level: failures.isWorthLogging("\(error)") ? .warning : .debug, "cannot ask the Redis Cluster for its nodes",
            metadata: .init([.error: error]))
        guard error.isRefusal, topology == nil else { return }
        for identifier in parked { finish(identifier, with: .failure(error)) }
        for identifier in watches.keys { fail(watch: identifier, error) }
        for waiter in topologyWaiters.values { waiter.fail(error) }
    }

    // MARK: Commands

    /// Sends commands on their ways, or tells the waiter why not.
    func issue(_ pipeline: ClusterPipeline, identifier: UInt64, timeout: Duration?, mayQueue: Bool, waiter: CommandWaiter) {
        if isStopped { return waiter.fail(.stopped) }
        if topology == nil {
            if let lastFailure, lastFailure.isRefusal { return waiter.fail(lastFailure) }
            if !mayQueue, parked.count >= configuration.maximumCommandsInFlight {
                return waiter.fail(RedisError(.overloaded, "\(parked.count) commands wait already; issue fewer at a time"))
            }
        }
        requests[identifier] = Request(
            pipeline: pipeline, deadline: .now.advanced(by: timeout ?? configuration.commandTimeout),
            isElastic: timeout == nil, mayQueue: mayQueue, waiter: waiter
        )
        dispatchAll(of: identifier)
    }

    func cancel(_ identifier: UInt64) {
        parked.remove(identifier)
        requests.removeValue(forKey: identifier)?.waiter.cancel()
    }

    private func dispatchAll(of identifier: UInt64) {
        guard let request = requests[identifier] else { return }
        if topology != nil { return dispatch(Array(request.pipeline.commands.indices), of: identifier) }
        parked.insert(identifier)
        loop.schedule(at: request.deadline) { [weak self] in
            self?.assumeIsolated { client in
                if client.parked.contains(identifier) { client.expire(identifier) }
            }
        }
    }

    /// Sends some of a request's commands to the owners of their slots.
    private func dispatch(_ places: [Int], of identifier: UInt64) {
        guard let topology, let request = requests[identifier] else { return }
        let (portions, homeless) = request.pipeline.portions(of: places, in: topology)
        for portion in portions { send(portion, of: identifier) }
        if !homeless.isEmpty {
            refreshTopology()
            if request.pipeline.isPatient { return sendLater(homeless, of: identifier) }
            requests[identifier]?.pipeline.settleHomeless(homeless)
            if let replies = requests[identifier]?.pipeline.completeReplies { finish(identifier, with: .success(replies)) }
        }
    }

    private func send(_ portion: ClusterPipeline.Portion, of identifier: UInt64) {
        guard let request = requests[identifier] else { return }
        let left = ContinuousClock.now.duration(to: request.deadline)
        guard left > .zero else { return expire(identifier) }
        let waiter = CommandWaiter.pipelineCompletion { [weak self] result in
            self?.assumeIsolated { $0.receive(result, to: portion, of: identifier) }
        }
        let commands = request.pipeline.commands(of: portion)
        client(of: portion.node).assumeIsolated { client in
            client.issue(
                .pipeline(commands), identifier: client.makeIdentifier(), timeout: left, isElastic: request.isElastic,
                mayQueue: request.mayQueue, waiter: waiter
            )
        }
    }

    private func receive(_ result: Result<[RedisReply], RedisError>, to portion: ClusterPipeline.Portion, of identifier: UInt64) {
        guard requests[identifier] != nil else { return }
        switch result {
        case .failure(let error) where error.code == .closed && !isStopped:
            // The node was left before it was its turn.
            dispatch(portion.places, of: identifier)
        case .failure(let error):
            finish(identifier, with: .failure(error))
        case .success(let replies):
            guard let step = requests[identifier]?.pipeline.receive(replies, to: portion) else { return }
            if step.isTopologyInDoubt { refreshTopology() }
            if let replies = requests[identifier]?.pipeline.completeReplies { return finish(identifier, with: .success(replies)) }
            take(step, of: identifier)
        }
    }

    private func take(_ step: ClusterPipeline.Step, of identifier: UInt64) {
        for (slot, node) in step.moved { topology?.move(slot, to: node) }
        if !step.moved.isEmpty || !step.later.isEmpty { refreshTopology() }
        dispatch(step.again, of: identifier)
        for portion in step.asking { send(portion, of: identifier) }
        sendLater(step.later, of: identifier)
    }

    private func sendLater(_ places: [Int], of identifier: UInt64) {
        guard !places.isEmpty, let deadline = requests[identifier]?.deadline else { return }
        let pause = configuration.reconnectDelay * Double.random(in: 0.5...1)
        loop.schedule(at: min(deadline, .now.advanced(by: pause))) { [weak self] in
            self?.assumeIsolated { client in
                if deadline <= .now { client.expire(identifier) } else { client.dispatch(places, of: identifier) }
            }
        }
    }

    // MARK: Ends of requests

    private func finish(_ identifier: UInt64, with result: Result<[RedisReply], RedisError>) {
        parked.remove(identifier)
        guard let waiter = requests.removeValue(forKey: identifier)?.waiter else { return }
        switch result {
        case .success(let replies): waiter.succeed(replies)
        case .failure(let error): waiter.fail(error)
        }
    }

    /// Ends a request of which some command has not been executed in time.
    private func expire(_ identifier: UInt64) {
        guard let request = requests[identifier] else { return }
        let refusal = request.pipeline.refusal
        let reason =
            switch (phase, topology, refusal) {
            case (.idle, _, _): "the client is not running; call run()"
            case (_, nil, _): "the cluster's nodes did not become known in time"
            case (_, _, let refusal?): refusal.message
            case (_, _, nil): "no node of the cluster owns the key's slot"
            }
        let error = RedisError(
            .timedOut, "the command was not executed: \(reason)", serverError: refusal, underlying: topology == nil ? lastFailure : nil
        )
        finish(identifier, with: .failure(error))
    }
}
