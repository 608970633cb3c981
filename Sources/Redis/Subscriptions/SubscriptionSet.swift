internal import DequeModule

/// Who wants which channels and patterns, what the server has been asked, and what it has confirmed.
///
/// Each target is subscribed to with a command of its own, so that each has one confirmation or one refusal, in order. Does no I/O.
struct SubscriptionSet {
    typealias Feed = UInt64

    /// What is to be sent.
    enum Request: Hashable {
        case subscribe(SubscriptionTarget)
        case unsubscribe(SubscriptionTarget)
        case ping
    }

    /// What a reply means.
    enum Action: Equatable {
        case none
        case deliver(RedisMessage, to: [Feed])
        /// All targets of these are confirmed, for the first time on this connection.
        case established([Feed])
        /// The server refuses a target of these. They are to be removed.
        case rejected([Feed], SubscriptionTarget, RedisServerError)
        case violation(String)
    }

    private struct Topic {
        var feeds: [Feed] = []
        var unanswered = 0
        var isConfirmed = false
    }

    private struct Interest {
        let targets: [SubscriptionTarget]
        var unconfirmed: Set<SubscriptionTarget>
    }

    private var topics: [SubscriptionTarget: Topic] = [:]
    private var interests: [Feed: Interest] = [:]
    private var unanswered = Deque<Request>()
    private var isConnected = false

    var isEmpty: Bool { interests.isEmpty }
    var hasUnanswered: Bool { !unanswered.isEmpty }

    // MARK: Wishes

    /// Adds a subscriber.
    ///
    /// - Returns: What to send, and whether everything is confirmed already.
    mutating func add(_ feed: Feed, targets: [SubscriptionTarget]) -> (requests: [Request], isEstablished: Bool) {
        var requests: [Request] = []
        var interest = Interest(targets: targets, unconfirmed: [])
        for target in targets {
            var topic = topics[target] ?? Topic()
            if topic.feeds.isEmpty, isConnected {
                requests.append(.subscribe(target))
                topic.unanswered += 1
                topic.isConfirmed = false
            }
            topic.feeds.append(feed)
            if !topic.isConfirmed { interest.unconfirmed.insert(target) }
            topics[target] = topic
        }
        interests[feed] = interest
        unanswered.append(contentsOf: requests)
        return (requests, interest.unconfirmed.isEmpty)
    }

    /// Removes a subscriber.
    ///
    /// - Returns: What to send.
    mutating func remove(_ feed: Feed) -> [Request] {
        guard let interest = interests.removeValue(forKey: feed) else { return [] }
        var requests: [Request] = []
        for target in interest.targets {
            guard var topic = topics.removeValue(forKey: target) else { continue }
            topic.feeds.removeAll { $0 == feed }
            if topic.feeds.isEmpty {
                guard isConnected else { continue }
                requests.append(.unsubscribe(target))
                topic.unanswered += 1
                topic.isConfirmed = false
            }
            topics[target] = topic
        }
        unanswered.append(contentsOf: requests)
        return requests
    }

    /// Everything to subscribe to on a new connection.
    mutating func connect() -> [Request] {
        isConnected = true
        for target in topics.keys { topics[target]?.unanswered = 1 }
        let requests = topics.keys.map(Request.subscribe)
        unanswered = Deque(requests)
        return requests
    }

    mutating func disconnect() {
        isConnected = false
        unanswered = []
        topics = topics.filter { !$0.value.feeds.isEmpty }
        for target in topics.keys {
            topics[target]?.unanswered = 0
            topics[target]?.isConfirmed = false
        }
        interests = interests.mapValues { Interest(targets: $0.targets, unconfirmed: Set($0.targets)) }
    }

    mutating func ping() -> Request {
        unanswered.append(.ping)
        return .ping
    }

    // MARK: Replies

    mutating func receive(_ reply: RedisReply) -> Action {
        switch reply {
        case .array(let elements):
            return receive(elements)
        case .simpleString("PONG"):
            return answer(.ping)
        case .error(let error):
            return refuse(error)
        default:
            return .violation("\(reply.kind) where messages are expected")
        }
    }

    private mutating func receive(_ elements: [RedisReply]) -> Action {
        switch (elements.first?.string, elements.count) {
        case ("message", 3):
            return deliver(.channel(elements[1].string ?? ""), channel: elements[1], payload: elements[2])
        case ("pmessage", 4):
            return deliver(.pattern(elements[1].string ?? ""), channel: elements[2], payload: elements[3])
        case ("subscribe", 3):
            return answer(.subscribe(.channel(elements[1].string ?? "")))
        case ("psubscribe", 3):
            return answer(.subscribe(.pattern(elements[1].string ?? "")))
        case ("unsubscribe", 3):
            return answer(.unsubscribe(.channel(elements[1].string ?? "")))
        case ("punsubscribe", 3):
            return answer(.unsubscribe(.pattern(elements[1].string ?? "")))
        case ("pong", 2):
            return answer(.ping)
        default:
            return .violation("an unknown message of \(elements.count) parts")
        }
    }

    private func deliver(_ target: SubscriptionTarget, channel: RedisReply, payload: RedisReply) -> Action {
        guard let name = channel.string, let bytes = payload.bytes else { return .violation("a message without channel or payload") }
        // Messages of what was just given up are still on their way.
        guard let feeds = topics[target]?.feeds, !feeds.isEmpty else { return .none }
        return .deliver(RedisMessage(channel: name, payload: bytes), to: feeds)
    }

    private mutating func answer(_ request: Request) -> Action {
        guard unanswered.popFirst() == request else { return .violation("a confirmation that was not asked for") }
        switch request {
        case .ping:
            return .none
        case .unsubscribe(let target):
            topics[target]?.unanswered -= 1
            if let topic = topics[target], topic.feeds.isEmpty, topic.unanswered == 0 { topics[target] = nil }
            return .none
        case .subscribe(let target):
            topics[target]?.unanswered -= 1
            // Given up and taken up again in the meantime: the last confirmation counts.
            guard let topic = topics[target], topic.unanswered == 0, !topic.feeds.isEmpty else { return .none }
            topics[target]?.isConfirmed = true
            let established = topic.feeds.filter { feed in
                guard interests[feed]?.unconfirmed.remove(target) != nil else { return false }
                return interests[feed]?.unconfirmed.isEmpty == true
            }
            return established.isEmpty ? .none : .established(established)
        }
    }

    private mutating func refuse(_ error: RedisServerError) -> Action {
        switch unanswered.popFirst() {
        case .subscribe(let target):
            topics[target]?.unanswered -= 1
            return .rejected(topics[target]?.feeds ?? [], target, error)
        case .unsubscribe(let target):
            topics[target]?.unanswered -= 1
            return .none
        case .ping:
            return .none
        case nil:
            return .violation("an error that answers nothing: \(error.message)")
        }
    }
}
