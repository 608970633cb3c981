internal import EventLoop
internal import Glibc
internal import MLServingCore

/// Answers what `celery inspect`, `celery control`, Flower and other workers ask.
struct RemoteControl {
    static let broadcasts = ExchangeDefinition(name: "celery.pidbox", kind: .fanout, isDurable: false)
    static let replies = ExchangeDefinition(name: "reply.celery.pidbox", kind: .direct, isDurable: false)
    /// How long Celery's workers remember what was revoked.
    private static let revocationTime = Duration.seconds(10_800)
    private static let maximumRevoked = 10_000
    /// The longest text that is taken from a broadcast and kept or sent on: what AMQP's short strings hold.
    private static let maximumLength = 255

    let configuration: CeleryConfiguration
    let events: WorkerEvents
    let consumer: ConsumerControl
    let began: ContinuousClock.Instant
    private var revoked: [String] = []

    init(_ configuration: CeleryConfiguration, events: WorkerEvents, consumer: ConsumerControl) {
        self.configuration = configuration
        self.events = events
        self.consumer = consumer
        began = consumer.transport.executor.now
    }

    /// Acts on a broadcast, if it is meant for this worker, and answers it.
    mutating func handle(_ message: Message) async {
        guard let question = try? CeleryValue(json: message.body[...]), let method = question["method"]?.text,
            isAddressed(question)
        else { return }
        _ = events.tick(after: message.headers["clock"]?.integer ?? 0)
        let answer = await answer(to: method, question["arguments"] ?? .null)
        guard let replyTo = question["reply_to"], let key = replyTo["routing_key"]?.text, Self.isShort(key),
            // Nothing else is answered: the exchange comes from whoever may publish broadcasts.
            replyTo["exchange"]?.text == Self.replies.name
        else { return }
        let reply = Message(
            body: CeleryValue.dictionary([(configuration.workerName, answer)]).json,
            contentType: ContentType.json.rawValue,
            contentEncoding: "utf-8",
            headers: [
                "ticket": question["ticket"]?.text.flatMap { Self.isShort($0) ? .string($0) : nil } ?? .null,
                "clock": .integer(events.tick()),
            ]
        )
        let route = Route(exchange: Self.replies.name, routingKey: key, isMandatory: false)
        consumer.transport.broker.publish(reply, to: route) { _ in }
    }

    private func isAddressed(_ question: CeleryValue) -> Bool {
        if let destination = question["destination"], !destination.isEmpty { return destination.texts.contains(configuration.workerName) }
        guard let pattern = question["pattern"]?.text, !pattern.isEmpty else { return true }
        // Of the matchers of Celery only shell patterns; what cannot be told is for others.
        return question["matcher"]?.text == "glob" && fnmatch(pattern, configuration.workerName, 0) == 0
    }

    private mutating func answer(to method: String, _ arguments: CeleryValue) async -> CeleryValue {
        switch method {
        case "ping": return Self.ok("pong")
        case "stats": return await statistics()
        case "active", "dump_active": return .list(await held { $0.predictedFor != nil })
        case "reserved", "dump_reserved": return .list(await held { $0.predictedFor == nil })
        case "scheduled", "dump_schedule": return .list([])
        case "revoked", "dump_revoked": return .strings(revoked)
        case "registered", "dump_tasks": return .strings(configuration.tasks.sorted())
        case "active_queues": return .list([queue])
        case "conf", "dump_conf": return settings
        case "query_task":
            let names = Set(arguments["ids"]?.texts ?? [])
            return .dictionary(
                await consumer.heldRequests.filter { names.contains($0.request.id) }.map { held in
                    (held.request.id, .list([.string(held.predictedFor == nil ? "reserved" : "active"), information(held)]))
                })
        case "report": return Self.ok("mlserving, serving tasks of Celery")
        case "clock": return .dictionary([("clock", .integer(events.tick()))])
        case "hello":
            if arguments["from_node"]?.text == configuration.workerName { return .null }
            var names: [String] = arguments["revoked"]?.texts ?? []
            if case .dictionary(let members)? = arguments["revoked"] { names = members.map(\.0) }
            if !names.isEmpty { await revoke(names, terminates: false) }
            return .dictionary([("revoked", .strings(revoked)), ("clock", .integer(events.tick()))])
        case "enable_events": return Self.ok(events.sendTaskEvents(true) ? "task events enabled" : "task events already enabled")
        case "disable_events": return Self.ok(events.sendTaskEvents(false) ? "task events disabled" : "task events already disabled")
        case "heartbeat":
            events.sendWorkerEvent("heartbeat")
            return .null
        case "revoke", "terminate":
            let names = arguments["task_id"]?.texts ?? []
            await revoke(names, terminates: method == "terminate" || arguments["terminate"]?.isTrue == true)
            return Self.ok("tasks \(names.prefix(100).joined(separator: ", ")) flagged as revoked")
        case "shutdown":
            consumer.drain()
            return .null
        default:
            return .dictionary([("error", .string("\(method.prefix(100)) is not served by this worker"))])
        }
    }

    /// Whether a text may be kept, and sent on as a routing key or a name.
    private static func isShort(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= maximumLength && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func ok(_ text: String) -> CeleryValue { .dictionary([("ok", .string(text))]) }

    private mutating func revoke(_ names: [String], terminates: Bool) async {
        let names = Array(names.filter(Self.isShort).prefix(Self.maximumRevoked))
        let known = Set(revoked)
        revoked += names.filter { !known.contains($0) }
        revoked.removeFirst(max(0, revoked.count - Self.maximumRevoked))
        let timeToLive = configuration.resultBackend == .redis ? Self.revocationTime : nil
        await consumer.cancel(names, whileRunning: terminates, timeToLive: timeToLive)
    }

    // MARK: What is asked for

    private func held(_ isWanted: (ConsumerControl.HeldRequest) -> Bool) async -> [CeleryValue] {
        await consumer.heldRequests.filter(isWanted).map(information)
    }

    private func information(_ held: ConsumerControl.HeldRequest) -> CeleryValue {
        guard let task = held.request as? CeleryTask else { return .null }
        let now = Double(consumer.transport.executor.unixMilliseconds) / 1_000
        let start = held.predictedFor.map { now - Double($0.milliseconds) / 1_000 }
        return .dictionary([
            ("id", .string(task.id)), ("name", .string(task.name)), ("args", .string(task.message.headers["argsrepr"]?.string)),
            ("kwargs", .string(task.message.headers["kwargsrepr"]?.string)), ("type", .string(task.name)),
            ("hostname", .string(configuration.workerName)), ("time_start", start.map { .double($0) } ?? .null),
            ("acknowledged", .bool(false)), ("worker_pid", .integer(Int64(getpid()))),
            (
                "delivery_info",
                .dictionary([
                    ("exchange", .string("")), ("routing_key", .string(consumer.configuration.queue.name)),
                    ("priority", task.message.priority.map { .integer(Int64($0)) } ?? .null), ("redelivered", .bool(false)),
                ])
            ),
        ])
    }

    private func statistics() async -> CeleryValue {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> CeleryValue { .double(Double(time.tv_sec) + Double(time.tv_usec) / 1e6) }
        let uptime = consumer.transport.executor.now - began
        return .dictionary([
            ("total", .dictionary(events.received.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
            ("pid", .integer(Int64(getpid()))), ("clock", .string("\(events.tick())")), ("uptime", .integer(uptime.components.seconds)),
            ("prefetch_count", .integer(Int64(consumer.configuration.prefetch))),
            (
                "pool",
                .dictionary([
                    ("implementation", .string("mlserving")), ("max-concurrency", .integer(Int64(consumer.concurrency))),
                    ("processes", .list([.integer(Int64(getpid()))])), ("max-tasks-per-child", .string("N/A")),
                ])
            ),
            ("broker", .dictionary([("transport", .string("amqp"))])),
            (
                "rusage",
                .dictionary([
                    ("utime", seconds(usage.ru_utime)), ("stime", seconds(usage.ru_stime)), ("maxrss", .integer(Int64(usage.ru_maxrss))),
                    ("minflt", .integer(Int64(usage.ru_minflt))), ("majflt", .integer(Int64(usage.ru_majflt))),
                    ("nvcsw", .integer(Int64(usage.ru_nvcsw))), ("nivcsw", .integer(Int64(usage.ru_nivcsw))),
                ])
            ),
        ])
    }

    private var queue: CeleryValue {
        let name = CeleryValue.string(consumer.configuration.queue.name)
        let exchange = CeleryValue.dictionary([("name", .string("")), ("type", .string("direct")), ("durable", .bool(true))])
        return .dictionary([
            ("name", name), ("exchange", exchange), ("routing_key", name), ("queue_arguments", .null), ("binding_arguments", .null),
            ("consumer_arguments", .null), ("durable", .bool(true)), ("exclusive", .bool(false)), ("auto_delete", .bool(false)),
            ("no_ack", .bool(false)), ("alias", .null), ("bindings", .list([])), ("no_declare", .null), ("expires", .null),
            ("message_ttl", .null), ("max_length", .null), ("max_length_bytes", .null), ("max_priority", .null),
        ])
    }

    private var settings: CeleryValue {
        .dictionary([
            ("task_default_queue", .string(consumer.configuration.queue.name)),
            ("result_backend", .string(configuration.resultBackend.rawValue)),
            ("result_serializer", .string(configuration.serializer.rawValue)),
            ("result_expires", .integer(consumer.configuration.resultTimeToLive.components.seconds)), ("task_acks_late", .bool(true)),
            ("worker_concurrency", .integer(Int64(consumer.concurrency))),
        ])
    }
}
