import MLServingCore

extension TransportConformance {
    static let brokerChecks: [Check] = [
        Check(description: "delivers what was published, in order and unchanged") { makeTransport, kind in
            let (producer, consumer) = (try await makeTransport(), try await makeTransport())
            try await withTransports(producer, consumer) {
                let queue = QueueDefinition(name: uniqueName("order"), kind: kind)
                try await consumer.broker.declare(queue)
                let sent = (0..<20).map(sampleMessage)
                for message in sent { try await producer.broker.publish(message, to: Route(routingKey: queue.name)) }
                let source = try await consumer.broker.consume(queue.name, prefetch: 100)
                let deliveries = try await source.collect(20)
                for (delivery, message) in zip(deliveries, sent) {
                    try require(delivery.message == message, "\(message) has to arrive unchanged, arrived as \(delivery.message)")
                    try require(!delivery.isRedelivered, "a first delivery must not be marked as redelivered")
                }
                source.acknowledge(deliveries.map(\.tag))
                await source.cancel()
            }
        },
        Check(description: "refuses a message that no queue takes") { makeTransport, _ in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                try await requireError(.unroutable, "publishing to a queue that does not exist") {
                    try await transport.broker.publish(sampleMessage(0), to: Route(routingKey: uniqueName("nowhere")))
                }
            }
        },
        Check(description: "refuses messages while a bounded queue is full") { makeTransport, _ in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                // A quorum queue may take a few more than its bound before it refuses; a classic one is exact.
                let queue = QueueDefinition(name: uniqueName("full"), kind: .classic, maximumLength: 3)
                try await transport.broker.declare(queue)
                let route = Route(routingKey: queue.name)
                for number in 0..<3 { try await transport.broker.publish(sampleMessage(number), to: route) }
                try await requireError(.overloaded, "publishing to a full queue") {
                    try await transport.broker.publish(sampleMessage(3), to: route)
                }
            }
        },
        Check(description: "never has more unsettled deliveries than the prefetch") { makeTransport, kind in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let queue = QueueDefinition(name: uniqueName("prefetch"), kind: kind)
                try await transport.broker.declare(queue)
                for number in 0..<10 {
                    try await transport.broker.publish(sampleMessage(number), to: Route(routingKey: queue.name))
                }
                let source = try await transport.broker.consume(queue.name, prefetch: 4)
                var seen: [String?] = []
                for _ in 0..<3 where seen.count < 10 {
                    let deliveries = try await source.collect(min(4, 10 - seen.count))
                    try require(deliveries.count <= 4, "prefetch 4 allows 4 deliveries, \(deliveries.count) came")
                    seen += deliveries.map(\.message.messageID)
                    source.acknowledge(deliveries.map(\.tag))
                }
                try require(seen == (0..<10).map { "message-\($0)" }, "10 messages have to come in order, came \(seen)")
                await source.cancel()
            }
        },
        Check(description: "delivers again what was rejected for requeueing, and drops what was not") { makeTransport, kind in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let queue = QueueDefinition(name: uniqueName("reject"), kind: kind)
                try await transport.broker.declare(queue)
                let route = Route(routingKey: queue.name)
                for number in 0..<2 { try await transport.broker.publish(sampleMessage(number), to: route) }
                let source = try await transport.broker.consume(queue.name, prefetch: 10)
                let first = try await source.collect(2)
                source.reject([first[0].tag], requeue: true)
                source.reject([first[1].tag], requeue: false)
                let again = try await source.collect(1)
                try require(again[0].message.messageID == "message-0", "message-0 has to come again, came \(again[0].message)")
                try require(again[0].isRedelivered, "a second delivery has to be marked as redelivered")
                source.acknowledge([again[0].tag])
                await source.cancel()
            }
        },
        Check(description: "gives unsettled deliveries to another consumer when theirs ends") { makeTransport, kind in
            let (first, second) = (try await makeTransport(), try await makeTransport())
            let queue = QueueDefinition(name: uniqueName("takeover"), kind: kind)
            try await withTransports(first) {
                try await first.broker.declare(queue)
                for number in 0..<3 { try await first.broker.publish(sampleMessage(number), to: Route(routingKey: queue.name)) }
                let source = try await first.broker.consume(queue.name, prefetch: 10)
                let deliveries = try await source.collect(3)
                source.acknowledge([deliveries[1].tag])
                // An acknowledgement is on its way once what follows it has been answered.
                _ = try await first.broker.status(of: queue.name)
                await source.cancel()
            }
            try await withTransports(second) {
                let source = try await second.broker.consume(queue.name, prefetch: 10)
                let deliveries = try await source.collect(2)
                let names = Set(deliveries.map(\.message.messageID))
                try require(names == ["message-0", "message-2"], "the two unsettled messages have to come, came \(names)")
                try require(deliveries.allSatisfy(\.isRedelivered), "they have to be marked as redelivered")
                source.acknowledge(deliveries.map(\.tag))
                await source.cancel()
            }
        },
        Check(description: "gives unsettled deliveries back when their consumer closes, while others of the connection go on") {
            makeTransport, kind in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let queue = QueueDefinition(name: uniqueName("close"), kind: kind)
                let other = QueueDefinition(name: uniqueName("goes-on"), kind: kind)
                for queue in [queue, other] {
                    try await transport.broker.declare(queue)
                    for number in 0..<3 { try await transport.broker.publish(sampleMessage(number), to: Route(routingKey: queue.name)) }
                }
                let source = try await transport.broker.consume(queue.name, prefetch: 10)
                let neighbour = try await transport.broker.consume(other.name, prefetch: 1)
                let held = try await neighbour.collect(1)
                let deliveries = try await source.collect(3)
                source.acknowledge([deliveries[1].tag])
                await source.close()
                let again = try await transport.broker.consume(queue.name, prefetch: 10)
                let returned = try await again.collect(2)
                let names = Set(returned.map(\.message.messageID))
                try require(names == ["message-0", "message-2"], "the two unsettled messages have to come again, came \(names)")
                again.acknowledge(returned.map(\.tag))
                neighbour.acknowledge(held.map(\.tag))
                let next = try await neighbour.collect(1)
                try require(next[0].message.messageID == "message-1", "the neighbour has to go on, came \(next[0].message)")
                await again.cancel()
                await neighbour.close()
            }
        },
        Check(description: "dead-letters what expires and what is rejected") { makeTransport, kind in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let letters = QueueDefinition(name: uniqueName("letters"), kind: kind)
                let queue = QueueDefinition(name: uniqueName("work"), kind: kind, deadLetterQueue: letters.name)
                try await transport.broker.declare(letters)
                try await transport.broker.declare(queue)
                var message = sampleMessage(0)
                message.timeToLive = .milliseconds(50)
                try await transport.broker.publish(message, to: Route(routingKey: queue.name))
                let source = try await transport.broker.consume(letters.name, prefetch: 10)
                let expired = try await source.collect(1)
                try require(expired[0].message.body == message.body, "the expired message has to come unchanged")
                try await transport.broker.publish(sampleMessage(1), to: Route(routingKey: queue.name))
                let worker = try await transport.broker.consume(queue.name, prefetch: 10)
                worker.reject(try await worker.collect(1).map(\.tag), requeue: false)
                let rejected = try await source.collect(1)
                try require(rejected[0].message.messageID == "message-1", "the rejected message has to come")
                source.acknowledge((expired + rejected).map(\.tag))
                await source.cancel()
                await worker.cancel()
            }
        },
        Check(description: "tells how deep a queue is, and that there is none") { makeTransport, kind in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let queue = QueueDefinition(name: uniqueName("status"), kind: kind)
                try await transport.broker.declare(queue)
                let source = try await transport.broker.consume(queue.name, prefetch: 1)
                try require(try await transport.broker.status(of: queue.name).consumers == 1, "the queue has one consumer")
                await source.cancel()
                try await transport.broker.publish(sampleMessage(0), to: Route(routingKey: queue.name))
                // The broker counts a message as waiting at the latest when it can be delivered.
                let taker = try await transport.broker.consume(queue.name, prefetch: 1)
                let deliveries = try await taker.collect(1)
                try require(try await transport.broker.status(of: queue.name).depth == 0, "an unsettled delivery does not wait")
                taker.acknowledge(deliveries.map(\.tag))
                await taker.cancel()
                try await requireError(.notFound, "asking for a queue that does not exist") {
                    _ = try await transport.broker.status(of: uniqueName("nowhere"))
                }
            }
        },
        Check(description: "leaves a queue as it is that is declared anew with other properties") { makeTransport, kind in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let queue = QueueDefinition(name: uniqueName("mismatch"), kind: kind)
                try await transport.broker.declare(queue)
                try await transport.broker.declare(queue)
                var other = queue
                other.maximumLength = 7
                do {
                    try await transport.broker.declare(other)
                } catch let error as TransportError where error.code == .mismatch {}
                for number in 0..<10 { try await transport.broker.publish(sampleMessage(number), to: Route(routingKey: queue.name)) }
                try require(try await transport.broker.declare(queue).depth == 10, "the bound of 7 must not count")
            }
        },
        Check(description: "tells whether a consumer is registered") { makeTransport, kind in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let queue = QueueDefinition(name: uniqueName("registration"), kind: kind)
                try await transport.broker.declare(queue)
                let source = try await transport.broker.consume(queue.name, prefetch: 1)
                let registered = source.registration
                try require(registered.isRegistered && registered.since <= .now, "a consumer has to be registered from its start")
                await source.cancel()
                let ended = source.registration
                try require(!ended.isRegistered && ended.since >= registered.since, "a cancelled consumer must not be registered")
            }
        },
        Check(description: "brings replies back to the channel that asked") { makeTransport, kind in
            let (asker, answerer) = (try await makeTransport(), try await makeTransport())
            try await withTransports(asker, answerer) {
                let queue = QueueDefinition(name: uniqueName("reply"), kind: kind)
                try await answerer.broker.declare(queue)
                let channel = try await asker.broker.openReplyChannel()
                try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                    channel.publish(sampleMessage(0), to: Route(routingKey: queue.name)) { continuation.resume(with: $0.mapError { $0 }) }
                }
                let source = try await answerer.broker.consume(queue.name, prefetch: 1)
                let request = try await source.collect(1)[0]
                guard let address = request.message.replyTo else { throw ConformanceFailure("the request has to carry a reply address") }
                let reply = Message(body: [7], correlationID: request.message.correlationID)
                try await answerer.broker.publish(reply, to: Route(routingKey: address))
                source.acknowledge([request.tag])
                let replies = try await channel.next()
                try require(replies.messages.map(\.body) == [[7]], "the reply has to come, came \(replies.messages)")
                try require(replies.messages[0].correlationID == "request-0", "the reply has to keep its correlation id")
                await source.cancel()
            }
        },
    ]

    private static func sampleMessage(_ number: Int) -> Message {
        Message(
            body: [UInt8]("body \(number)".utf8) + [0, 255],
            contentType: "application/msgpack",
            contentEncoding: "identity",
            messageID: "message-\(number)",
            correlationID: "request-\(number)",
            timeToLive: .seconds(60),
            timestamp: 1_700_000_000,
            headers: ["x-deadline": .integer(1_700_000_060_000), "x-result-key": .string("ключ-\(number)"), "flag": .bool(true)]
        )
    }
}

extension DeliverySource {
    /// Waits until so many deliveries have come, and takes more if more came at once.
    func collect(_ count: Int) async throws -> [Delivery] {
        var deliveries: [Delivery] = []
        while deliveries.count < count {
            let more = try await next()
            if more.isEmpty { throw ConformanceFailure("\(count) deliveries have to come, the source ended after \(deliveries.count)") }
            deliveries += more
        }
        return deliveries
    }
}
