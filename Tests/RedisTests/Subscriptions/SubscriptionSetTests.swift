import Testing

@testable import Redis

@Suite("SubscriptionSet")
struct SubscriptionSetTests {
    private let news = SubscriptionTarget.channel("news")
    private let all = SubscriptionTarget.pattern("*")

    private func push(_ words: String..., count: Int64? = nil) -> RedisReply {
        .array(words.map { .bulk(Array($0.utf8)) } + (count.map { [.integer($0)] } ?? []))
    }

    private func confirmation(_ kind: String, _ name: String) -> RedisReply { push(kind, name, count: 1) }

    @Test func subscriptionIsEstablishedByItsConfirmation() {
        var set = SubscriptionSet()
        #expect(set.connect().isEmpty)
        let (requests, isEstablished) = set.add(1, targets: [news])
        #expect(requests == [.subscribe(news)] && !isEstablished)
        #expect(set.receive(confirmation("subscribe", "news")) == .established([1]))
        #expect(set.receive(push("message", "news", "x")) == .deliver(RedisMessage(channel: "news", payload: Array("x".utf8)), to: [1]))
        #expect(!set.hasUnanswered)
    }

    @Test func patternMessageNamesItsChannel() {
        var set = SubscriptionSet()
        _ = set.connect()
        _ = set.add(1, targets: [all])
        #expect(set.receive(confirmation("psubscribe", "*")) == .established([1]))
        #expect(set.receive(push("pmessage", "*", "a", "x")) == .deliver(RedisMessage(channel: "a", payload: Array("x".utf8)), to: [1]))
    }

    @Test func severalTargetsAreEstablishedTogether() {
        var set = SubscriptionSet()
        _ = set.connect()
        _ = set.add(1, targets: [news, .channel("more")])
        #expect(set.receive(confirmation("subscribe", "news")) == .none)
        #expect(set.receive(confirmation("subscribe", "more")) == .established([1]))
    }

    @Test func secondSubscriberSharesTheConfirmedSubscription() {
        var set = SubscriptionSet()
        _ = set.connect()
        _ = set.add(1, targets: [news])
        _ = set.receive(confirmation("subscribe", "news"))
        let (requests, isEstablished) = set.add(2, targets: [news])
        #expect(requests.isEmpty && isEstablished)
        #expect(set.receive(push("message", "news", "")) == .deliver(RedisMessage(channel: "news", payload: []), to: [1, 2]))
        #expect(set.remove(1).isEmpty)
        #expect(set.remove(2) == [.unsubscribe(news)])
        #expect(set.receive(push("message", "news", "")) == .none)
        #expect(set.receive(confirmation("unsubscribe", "news")) == .none)
        #expect(set.isEmpty && !set.hasUnanswered)
    }

    @Test func secondSubscriberWaitsForTheSameConfirmation() {
        var set = SubscriptionSet()
        _ = set.connect()
        _ = set.add(1, targets: [news])
        let (requests, isEstablished) = set.add(2, targets: [news])
        #expect(requests.isEmpty && !isEstablished)
        #expect(set.receive(confirmation("subscribe", "news")) == .established([1, 2]))
    }

    @Test func subscribingAgainWaitsForTheLastConfirmation() {
        var set = SubscriptionSet()
        _ = set.connect()
        _ = set.add(1, targets: [news])
        #expect(set.remove(1) == [.unsubscribe(news)])
        #expect(set.add(2, targets: [news]).requests == [.subscribe(news)])
        #expect(set.receive(confirmation("subscribe", "news")) == .none)
        #expect(set.receive(confirmation("unsubscribe", "news")) == .none)
        #expect(set.receive(confirmation("subscribe", "news")) == .established([2]))
    }

    @Test func everythingIsSubscribedToAgainOnANewConnection() {
        var set = SubscriptionSet()
        _ = set.connect()
        _ = set.add(1, targets: [news, all])
        _ = set.receive(confirmation("subscribe", "news"))
        _ = set.receive(confirmation("psubscribe", "*"))
        set.disconnect()
        #expect(set.add(2, targets: [news]).requests.isEmpty)
        #expect(set.remove(2).isEmpty)
        let requests = set.connect()
        #expect(Set(requests) == [.subscribe(news), .subscribe(all)])
        let established = requests.map { request in
            set.receive(request == .subscribe(news) ? confirmation("subscribe", "news") : confirmation("psubscribe", "*"))
        }
        #expect(established == [.none, .established([1])])
    }

    @Test func whatWasGivenUpIsNotRestored() {
        var set = SubscriptionSet()
        _ = set.connect()
        _ = set.add(1, targets: [news])
        _ = set.remove(1)
        set.disconnect()
        #expect(set.connect().isEmpty)
    }

    @Test func refusalNamesItsSubscribers() {
        var set = SubscriptionSet()
        _ = set.connect()
        _ = set.add(1, targets: [news])
        _ = set.add(2, targets: [all])
        let error = RedisServerError(message: "NOPERM no channel")
        #expect(set.receive(.error(error)) == .rejected([1], news, error))
        _ = set.remove(1)
        #expect(set.receive(confirmation("psubscribe", "*")) == .established([2]))
        #expect(set.receive(confirmation("unsubscribe", "news")) == .none)
    }

    @Test func pongComesInEitherForm() {
        var set = SubscriptionSet()
        _ = set.connect()
        for pong in [RedisReply.simpleString("PONG"), push("pong", "")] {
            #expect(set.ping() == .ping)
            #expect(set.hasUnanswered)
            #expect(set.receive(pong) == .none)
            #expect(!set.hasUnanswered)
        }
    }

    @Test(arguments: [
        RedisReply.integer(1), .null, .array([]), .array([.null]), .simpleString("OK"), .error(RedisServerError(message: "ERR")),
        .simpleString("PONG"), .array([.bulk(Array("message".utf8))]),
        .array([.bulk(Array("subscribe".utf8)), .bulk(Array("other".utf8)), .integer(1)]),
        .array([.bulk(Array("message".utf8)), .integer(1), .integer(2)]),
    ])
    func whatWasNotAskedForIsAViolation(_ reply: RedisReply) {
        var set = SubscriptionSet()
        _ = set.connect()
        guard case .violation = set.receive(reply) else {
            Issue.record("\(reply) was accepted")
            return
        }
    }
}
