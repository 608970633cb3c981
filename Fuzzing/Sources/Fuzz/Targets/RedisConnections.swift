@testable internal import Redis

extension FuzzTarget {
    /// What a connection to Redis makes of any replies, at every stage of its life.
    static let redisConnections = FuzzTarget("redis-connections") { bytes in
        var input = FuzzInput(bytes)
        switch input.number(below: 4) {
        case 0: checkHandshake(&input)
        case 1: checkNegotiation(&input)
        case 2: checkCommands(&input)
        default:
            var model = SubscriptionModel()
            model.run(&input)
        }
    }

    static func replies(from input: inout FuzzInput) -> [RedisReply] {
        let bytes = input.remaining()
        return read(bytes, inPortionsOf: bytes.count, limit: 1 << 20).replies
    }

    private static func checkHandshake(_ input: inout FuzzInput) {
        let secret = "a secret that no server sends by chance"
        var configuration = RedisConfiguration(nodes: [RedisNode(host: "one"), RedisNode(host: "two")])
        configuration.user = "user"
        configuration.password = RedisSecret(secret)
        configuration.database = 1
        var handshake = Handshake(configuration, clientName: "name")
        for reply in replies(from: &input).prefix(handshake.commands.count) {
            do throws(RedisError) {
                try handshake.receive(reply)
            } catch {
                return expect(!"\(error)".contains(secret), "a secret is shown")
            }
        }
    }

    private static func checkNegotiation(_ input: inout FuzzInput) {
        let needed = KeyspaceEvents(rawValue: UInt32(input.byte()))
        var negotiation = KeyspaceEventsNegotiation(needed: needed)
        var action = negotiation.begin()
        var exchanges = 0
        for reply in replies(from: &input) {
            guard case .send = action else { return }
            exchanges += 1
            expect(exchanges <= 8, "the negotiation does not end")
            action = negotiation.receive(reply)
        }
    }

    /// Commands are answered in order, each once, whatever else happens to them.
    private static func checkCommands(_ input: inout FuzzInput) {
        var queue = CommandQueue<UInt64>(maximumCommands: 4, maximumBytes: 64, patience: .seconds(5))
        var sent: [(waiter: UInt64, missing: Int)] = []
        var unfinished: Set<UInt64> = []
        let start = ContinuousClock.now
        var seconds = 0

        func finish(_ waiter: UInt64?) {
            guard let waiter else { return }
            expect(unfinished.remove(waiter) != nil, "command \(waiter) ended twice")
        }
        func write(_ payload: CommandQueue<UInt64>.Payload?, _ waiter: UInt64) {
            if let payload { sent.append((waiter, payload.commandCount)) }
        }
        var waiting: [UInt64] = []
        while !input.isEmpty {
            let now = start + .seconds(seconds)
            switch input.number(below: 9) {
            case 0, 1:
                let identifier = queue.makeIdentifier()
                let command = RedisCommand("SET", .bytes(input.shortBytes()))
                let payload: CommandQueue<UInt64>.Payload =
                    input.bool() ? .pipeline(Array(repeating: command, count: 1 + input.number(below: 3))) : .single(command)
                unfinished.insert(identifier)
                let timeout = Duration.seconds(input.number(below: 8))
                let written = queue.append(payload, identifier: identifier, timeout: timeout, now: now, waiter: identifier)
                if written == nil { waiting.append(identifier) }
                write(written, identifier)
            case 2:
                if let payload = queue.sendNext(now: now) {
                    // Those that have ended meanwhile are not sent any more.
                    waiting.removeAll { !unfinished.contains($0) }
                    write(payload, waiting.removeFirst())
                }
            case 3, 4:
                receive(into: &queue, &sent, finish)
            case 5: finish(queue.cancel(UInt64(input.number(below: 32))))
            case 6:
                seconds += input.number(below: 8)
                let expiry = queue.expire(now: start + .seconds(seconds))
                for waiter in expiry.unsent + expiry.unanswered { finish(waiter) }
            case 7: if input.bool() { queue.open() } else { queue.hold() }
            default:
                for waiter in queue.loseConnection() { finish(waiter) }
                sent = []
            }
        }
        for waiter in queue.loseConnection() + queue.removeWaiting() { finish(waiter) }
        expect(unfinished.isEmpty, "commands \(unfinished) never end")
    }

    private static func receive(
        into queue: inout CommandQueue<UInt64>, _ sent: inout [(waiter: UInt64, missing: Int)], _ finish: (UInt64) -> Void
    ) {
        let completion = queue.receive(.integer(1))
        guard let oldest = sent.first else {
            guard case .unsolicited = completion else { fatalError("an answer to nothing") }
            return
        }
        sent[0].missing -= 1
        if sent[0].missing == 0 { sent.removeFirst() }
        switch completion {
        case .none: break
        case .unsolicited: fatalError("an answer is not asked for")
        case .single(let waiter, _), .pipeline(let waiter, _):
            expect(waiter == oldest.waiter && oldest.missing == 1, "an answer went to another command")
            finish(waiter)
        }
    }
}
