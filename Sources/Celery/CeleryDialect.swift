internal import EventLoop
package import MLServingCore

/// Tasks of Celery's protocol 2, served by a consumer that is one of Celery's workers for all who look.
package struct CeleryDialect: RequestDialect {
    private let configuration: CeleryConfiguration
    private let events: WorkerEvents

    /// Makes one for one consumer.
    package init(_ configuration: CeleryConfiguration) {
        self.configuration = configuration
        events = WorkerEvents(configuration)
    }

    /// Whether results go to Redis, where Celery's clients wait on a channel.
    package var needsOneRedisServer: Bool { configuration.resultBackend == .redis }

    package func request(from message: Message, codecs: PayloadCodecs) -> (any ForeignRequest)? {
        CeleryTask(message, codecs: codecs, configuration: configuration, worker: events)
    }

    package func consumerDrains() {
        events.sendWorkerEvent("offline")
    }

    package func run(beside consumer: ConsumerControl) async throws {
        let executor = consumer.transport.executor
        // Publishing to an exchange that is not there would cost the connection its channel.
        try await consumer.transport.broker.declare(WorkerEvents.exchange)
        try await consumer.transport.broker.declare(RemoteControl.replies)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executor) { try await self.answerRemoteControl(beside: consumer) }
            group.addTask(executorPreference: executor) {
                events.open(consumer.transport)
                events.sendWorkerEvent("online")
                while true {
                    try await executor.sleep(until: executor.now + configuration.heartbeat)
                    events.sendWorkerEvent("heartbeat")
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func answerRemoteControl(beside consumer: ConsumerControl) async throws {
        // Another worker of the name must hear all, too.
        let name = "\(configuration.workerName).\(UInt64.random(in: 0 ... .max)).celery.pidbox"
        let source = try await consumer.transport.broker.subscribe(to: RemoteControl.broadcasts, by: name, prefetch: 64)
        var control = RemoteControl(configuration, events: events, consumer: consumer)
        while case let deliveries = try await source.next(), !deliveries.isEmpty {
            for delivery in deliveries { await control.handle(delivery.message) }
            source.acknowledge(deliveries.map(\.tag))
        }
    }
}
