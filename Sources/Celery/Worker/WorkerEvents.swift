internal import EventLoop
internal import Glibc
internal import MLServingCore
internal import Synchronization

/// What a consumer tells Celery's monitors: that it lives, and what becomes of tasks.
final class WorkerEvents: Sendable {
    static let exchange = ExchangeDefinition(name: "celeryev", kind: .topic, isDurable: true)
    /// Events are worth less than memory: more of them that the broker has not confirmed are not sent.
    private static let maximumUnconfirmed = 1_024
    /// Anybody may send a clock. A number that JSON's readers hold exactly is as far as it is followed; our own steps cannot take it to an overflow.
    private static let maximumClock: Int64 = 1 << 53
    /// Ids are counted that tasks come with, which are anybody's.
    private static let maximumActive = 65_536

    private struct State {
        var transport: (any Transport)?
        var sendsTaskEvents: Bool
        var clock: Int64 = 0
        var unconfirmed = 0
        var received: [String: Int64] = [:]
        var active: Set<String> = []
        var isOffline = false
        var processed: Int64 = 0
    }

    private let configuration: CeleryConfiguration
    private let state: Mutex<State>

    init(_ configuration: CeleryConfiguration) {
        self.configuration = configuration
        state = Mutex(State(sendsTaskEvents: configuration.sendsTaskEvents))
    }

    func open(_ transport: any Transport) {
        state.withLock { $0.transport = transport }
    }

    /// Begins or ends to tell of tasks.
    ///
    /// - Returns: Whether that is a change.
    func sendTaskEvents(_ isOn: Bool) -> Bool {
        state.withLock { state in
            defer { state.sendsTaskEvents = isOn }
            return state.sendsTaskEvents != isOn
        }
    }

    /// How many tasks of each name have come.
    var received: [String: Int64] { state.withLock(\.received) }

    /// A Lamport clock, which orders the events of all workers.
    func tick(after other: Int64 = 0) -> Int64 {
        state.withLock { state in
            state.clock = min(max(state.clock, other), Self.maximumClock) + 1
            return state.clock
        }
    }

    // MARK: Events

    func sendWorkerEvent(_ type: String) {
        let known = state.withLock { state -> (active: Int, processed: Int64)? in
            if state.isOffline { return nil }
            state.isOffline = type == "offline"
            return (state.active.count, state.processed)
        }
        // Who has said goodbye would seem to be back.
        guard let (active, processed) = known else { return }
        var load = [0.0, 0.0, 0.0]
        _ = getloadavg(&load, 3)
        send(
            "worker-\(type)",
            [
                ("freq", .double(Double(configuration.heartbeat.milliseconds) / 1_000)), ("active", .integer(Int64(active))),
                ("processed", .integer(processed)), ("loadavg", .list(load.map { .double(($0 * 100).rounded() / 100) })),
                ("sw_ident", .string("mlserving")), ("sw_ver", .string("1")), ("sw_sys", .string("Linux")),
            ])
    }

    func notice(_ event: RequestEvent, of task: CeleryTask) {
        let sends = state.withLock { state in
            switch event {
            case .received:
                // Names that nobody serves are anybody's, and without end.
                if configuration.tasks.contains(task.name) { state.received[task.name, default: 0] += 1 }
            case .started:
                if state.active.count < Self.maximumActive { state.active.insert(task.id) }
            case .retried, .ended:
                state.active.remove(task.id)
                state.processed += 1
            }
            return state.sendsTaskEvents
        }
        guard sends else { return }
        let uuid = ("uuid", CeleryValue.string(task.id))
        switch event {
        case .received:
            let headers = task.message.headers
            func header(_ name: String) -> CeleryValue { .string(headers[name]?.string) }
            send(
                "task-received",
                [
                    uuid, ("name", .string(task.name)), ("args", header("argsrepr")), ("kwargs", header("kwargsrepr")),
                    ("root_id", header("root_id")), ("parent_id", header("parent_id")), ("retries", .integer(task.retries)),
                    ("eta", header("eta")), ("expires", header("expires")),
                ])
        case .started:
            send("task-started", [uuid])
        case .retried(let error):
            send("task-retried", [uuid, ("exception", .string(PythonException(error, task: task.name).shown)), ("traceback", .null)])
        case .ended(.success(let output), let predicting):
            let isJSON = configuration.serializer == .json
            let shown = isJSON ? String(decoding: output.prefix(200), as: UTF8.self) : "<\(output.count) bytes>"
            let runtime = Double(predicting.components.seconds) + Double(predicting.components.attoseconds) * 1e-18
            send("task-succeeded", [uuid, ("result", .string(shown)), ("runtime", .double(runtime))])
        case .ended(.failure(let error), _):
            let exception = PythonException(error, task: task.name)
            if exception.isRevocation {
                let isExpired = error.code == .expired
                send("task-revoked", [uuid, ("terminated", .bool(false)), ("signum", .null), ("expired", .bool(isExpired))])
            } else {
                send("task-failed", [uuid, ("exception", .string(exception.shown)), ("traceback", .null)])
            }
        }
    }

    private func send(_ type: String, _ fields: [(String, CeleryValue)]) {
        let transport = state.withLock { state -> (any Transport)? in
            guard let transport = state.transport, state.unconfirmed < Self.maximumUnconfirmed else { return nil }
            state.unconfirmed += 1
            return transport
        }
        guard let transport else { return }
        let event = CeleryValue.dictionary(
            [
                ("type", .string(type)), ("hostname", .string(configuration.workerName)),
                ("timestamp", .double(Double(transport.executor.unixMilliseconds) / 1_000)), ("utcoffset", .integer(0)),
                ("pid", .integer(Int64(getpid()))), ("clock", .integer(tick())),
            ] + fields)
        let message = Message(
            body: event.json, contentType: ContentType.json.rawValue, contentEncoding: "utf-8",
            headers: ["hostname": .string(configuration.workerName)])
        let key = type.split(separator: "-").joined(separator: ".")
        // Mostly nobody listens.
        transport.broker.publish(message, to: Route(exchange: Self.exchange.name, routingKey: key, isMandatory: false)) { [weak self] _ in
            self?.state.withLock { $0.unconfirmed -= 1 }
        }
    }
}
