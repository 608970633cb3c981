internal import CRabbitMQ
internal import Glibc
internal import Synchronization

@testable internal import RabbitMQ

extension FuzzTarget {
    /// Bytes from a broker on a connection that asks, publishes and consumes: frames are taken in or end the connection, every publish
    /// has one outcome, and nothing larger than allowed is delivered.
    static let rabbitMQFrames = FuzzTarget("rabbitmq-frames") { bytes in
        var input = FuzzInput(bytes)
        let size = 1 + input.number(below: 256)
        let choices = input.byte()
        let stream = input.remaining()
        let peer = BrokerPeer(isReadByLibrary: choices & 1 == 1)
        var rest = stream[...]
        while !rest.isEmpty, peer.isConnected {
            // Small pieces test what waits for the rest of a frame; one large one is as fast as it gets.
            let piece = rest.prefix(choices & 2 == 0 ? rest.count : size)
            rest = rest.dropFirst(piece.count)
            _ = decoding(piece.count, factor: 1_024, allowance: 1 << 20) { peer.receive(Array(piece), settling: choices >> 2) }
        }
        peer.finish()
        expect(peer.deliveredByteCount <= stream.count, "more was delivered than has arrived")
    }
}

/// A connection to a broker that says what the fuzzer likes.
private final class BrokerPeer {
    private static let messageMaximum = 1_024

    private let socket: Int32
    private let link: Link
    private let effects = Effects()
    private let publisher: Publisher
    private let consumer: ConsumerCore
    private let outcomes = Outcomes()
    private(set) var isConnected = true
    private(set) var deliveredByteCount = 0

    init(isReadByLibrary: Bool) {
        var sockets: [Int32] = [0, 0]
        expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &sockets) == 0, "no sockets: errno \(errno)")
        socket = sockets[0]
        guard let connection = amqp_new_connection(), let tcp = amqp_tcp_socket_new(connection) else { fatalError("out of memory") }
        amqp_tcp_socket_set_sockfd(tcp, sockets[1])
        // A protocol header makes the library take the connection for one that has been greeted, without a login.
        var header = Array("AMQP".utf8) + [0, 0, 9, 1]
        header.withUnsafeMutableBytes { buffer in
            var frame = amqp_frame_t()
            amqp_handle_input(connection, amqp_bytes_t(len: buffer.count, bytes: buffer.baseAddress), &frame)
        }
        amqp_tune_connection(connection, 8, 16_384, 0)
        let transport = Transport(connection: connection, session: nil, node: RabbitMQNode(host: "fuzzed"))
        link = Link(transport: transport, messageMaximum: Self.messageMaximum)
        publisher = Publisher(effects: effects, limits: PublishLimits(), configuration: RabbitMQConfiguration())
        let request = ConsumeRequest(
            queue: "queue", prefetch: 10, isExclusive: false, isAutomaticallyAcknowledged: false, arguments: [:])
        consumer = ConsumerCore(id: 1, request: request, publisher: nil, effects: effects)
        expectSuccess("no channels") { try openChannels() }
        // The library reads first after a login, and only once it has nothing left does the transport read by itself.
        if !isReadByLibrary { receive([], settling: 0) }
    }

    private func openChannels() throws {
        let asking = try link.openChannel(handler: nil)
        for _ in 0..<3 { try asking.inspectQueue(named: "queue") { _ in } }
        let publishing = try link.openChannel(handler: publisher)
        publisher.attach(publishing, generation: 1)
        for id in 1...3 as ClosedRange<UInt64> {
            let message = Message(body: [1, 2, 3], properties: MessageProperties(messageID: "\(id)"))
            let outcomes = outcomes
            publisher.submit(
                WaitingPublish(
                    id: id, message: message, exchange: "", routingKey: "queue", isMandatory: true, deadline: .now + .seconds(60),
                    completion: { _ in outcomes.add(id) }))
        }
        _ = publisher.pump()
        let consuming = try link.openChannel(handler: consumer)
        consumer.attach(consuming, generation: 1)
        consumer.state = .active
    }

    func receive(_ bytes: [UInt8], settling choices: UInt8) {
        expect(send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count, "the socket is full")
        do throws(RabbitMQError) {
            while try link.receive() {}
            try settle(choices)
            _ = try link.transport.flush()
        } catch {
            isConnected = false
            link.fail(error)
        }
        tell()
    }

    private func settle(_ choices: UInt8) throws(RabbitMQError) {
        for delivery in consumer.takeDeliveries() ?? [] {
            expect(delivery.body.count <= Self.messageMaximum, "a message of \(delivery.body.count) bytes")
            deliveredByteCount += delivery.body.count
            switch (UInt64(choices) + delivery.tag.number) % 4 {
            case 0: expect(consumer.settle(delivery.tag, as: .acknowledge), "a delivery cannot be settled")
            case 1: expect(consumer.settle(delivery.tag, as: .reject(requeue: false)), "a delivery cannot be settled")
            case 2: expect(consumer.settle(delivery.tag, as: .giveBack), "a delivery cannot be settled")
            default: break
            }
        }
        try consumer.flushSettlements()
    }

    private func tell() {
        for (completion, result) in effects.outcomes { completion(result) }
        effects.outcomes = []
        effects.interruptions = []
        effects.wakeUps = []
    }

    /// Ends the connection, and with it every publish.
    func finish() {
        link.fail(RabbitMQError(.connectionLost, "fuzzed"))
        publisher.failWaiting(RabbitMQError(.closed, "fuzzed"))
        tell()
        close(socket)
        expect(outcomes.ids == [1, 2, 3], "publishes ended: \(outcomes.ids)")
    }
}

/// Which publishes have ended.
private final class Outcomes: Sendable {
    private let list = Mutex<[UInt64]>([])

    var ids: [UInt64] { list.withLock { $0.sorted() } }

    func add(_ id: UInt64) {
        list.withLock { $0.append(id) }
    }
}
