@testable internal import Redis

/// Subscribers that come and go, and a server that answers them, honestly or not.
struct SubscriptionModel {
    private static let targets: [SubscriptionTarget] = [.channel("a"), .channel("b"), .pattern("a"), .pattern("*")]

    private var subscriptions = SubscriptionSet()
    private var living: [SubscriptionSet.Feed] = []
    private var established: Set<SubscriptionSet.Feed> = []
    private var unanswered: [SubscriptionSet.Request] = []
    private var isConnected = false
    private var lastFeed: SubscriptionSet.Feed = 0

    mutating func run(_ input: inout FuzzInput) {
        while !input.isEmpty {
            step(&input)
            expect(subscriptions.hasUnanswered == !unanswered.isEmpty, "what is unanswered differs")
            expect(subscriptions.isEmpty == living.isEmpty, "who subscribes differs")
        }
        settle()
    }

    private mutating func step(_ input: inout FuzzInput) {
        switch input.number(below: 9) {
        case 0: add(&input)
        case 1: if !living.isEmpty { remove(input.element(of: living)) }
        case 2: connect()
        case 3: disconnect()
        case 4: if let request = unanswered.first { receive(Self.confirmation(of: request)) }
        case 5: if !unanswered.isEmpty { receive(.error(RedisServerError(message: "NOPERM"))) }
        case 6:
            let target = input.element(of: Self.targets)
            let name = RedisReply.bulk(Array(target.name.utf8))
            let names = target.kind == .channel ? [.simpleString("message"), name] : [.simpleString("pmessage"), name, name]
            receive(.array(names + [.bulk(input.shortBytes())]))
        case 7: if isConnected { unanswered.append(subscriptions.ping()) }
        default:
            let bytes = input.shortBytes()
            for reply in FuzzTarget.read(bytes, inPortionsOf: bytes.count, limit: 1 << 20).replies { receive(reply) }
        }
    }

    private mutating func add(_ input: inout FuzzInput) {
        lastFeed += 1
        let targets = Set((0...input.number(below: 3)).map { _ in input.element(of: Self.targets) })
        let (requests, isEstablished) = subscriptions.add(lastFeed, targets: Array(targets))
        expect(isConnected || requests.isEmpty, "a request without a connection")
        living.append(lastFeed)
        unanswered += requests
        if isEstablished { established.insert(lastFeed) }
    }

    private mutating func remove(_ feed: SubscriptionSet.Feed) {
        living.removeAll { $0 == feed }
        established.remove(feed)
        unanswered += subscriptions.remove(feed)
    }

    private mutating func connect() {
        if isConnected { disconnect() }
        isConnected = true
        unanswered = subscriptions.connect()
    }

    private mutating func disconnect() {
        subscriptions.disconnect()
        isConnected = false
        unanswered = []
        established = []
    }

    private mutating func receive(_ reply: RedisReply) {
        guard isConnected else { return }
        let action = subscriptions.receive(reply)
        switch action {
        case .none: if !reply.isMessage { dropAnswered() }
        case .deliver(_, let feeds): expect(Set(feeds).isSubset(of: living), "a message for nobody")
        case .established(let feeds):
            expect(Set(feeds).isSubset(of: living) && established.isDisjoint(with: feeds), "confirmed twice")
            established.formUnion(feeds)
            dropAnswered()
        case .rejected(let feeds, _, _):
            expect(Set(feeds).isSubset(of: living), "a refusal for nobody")
            dropAnswered()
            for feed in feeds { remove(feed) }
        case .violation: disconnect()
        }
    }

    private mutating func dropAnswered() {
        expect(!unanswered.isEmpty, "an answer to nothing")
        unanswered.removeFirst()
    }

    /// An honest server answers everything in the end, and then everybody is confirmed.
    private mutating func settle() {
        if !isConnected { connect() }
        while let request = unanswered.first { receive(Self.confirmation(of: request)) }
        expect(isConnected, "an honest answer is a violation")
        expect(!subscriptions.hasUnanswered, "a question stays open")
        expect(established == Set(living), "\(Set(living).subtracting(established)) are never confirmed")
    }

    private static func confirmation(of request: SubscriptionSet.Request) -> RedisReply {
        func reply(_ verb: String, _ target: SubscriptionTarget) -> RedisReply {
            let prefix = target.kind == .pattern ? "p" : ""
            return .array([.simpleString(prefix + verb), .bulk(Array(target.name.utf8)), .integer(1)])
        }
        switch request {
        case .subscribe(let target): return reply("subscribe", target)
        case .unsubscribe(let target): return reply("unsubscribe", target)
        case .ping: return .array([.simpleString("pong"), .bulk([])])
        }
    }
}

extension RedisReply {
    /// Whether it is a message that was published, which answers nothing.
    fileprivate var isMessage: Bool {
        ["message", "pmessage"].contains(elements?.first?.string ?? "")
    }
}
