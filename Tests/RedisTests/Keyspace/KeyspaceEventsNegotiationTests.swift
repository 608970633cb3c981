import Testing

@testable import Redis

@Suite("KeyspaceEventsNegotiation")
struct KeyspaceEventsNegotiationTests {
    private let needed: KeyspaceEvents = [.keyspace, .string]

    private func setting(_ value: String) -> RedisReply {
        .array([.bulk(Array("notify-keyspace-events".utf8)), .bulk(Array(value.utf8))])
    }

    /// Answers each command in turn; what was sent, and the outcome.
    private func run(_ needed: KeyspaceEvents, _ replies: [RedisReply]) -> (sent: [RedisCommand], status: KeyspaceEventsStatus?) {
        var negotiation = KeyspaceEventsNegotiation(needed: needed)
        var sent: [RedisCommand] = []
        var action = negotiation.begin()
        for reply in replies {
            guard case .send(let command) = action else { break }
            sent.append(command)
            action = negotiation.receive(reply)
        }
        if case .finish(let status) = action { return (sent, status) }
        return (sent, nil)
    }

    @Test func nothingNeededIsNotAskedFor() {
        let (sent, status) = run([], [.null])
        #expect(sent.isEmpty && status == .unknown)
    }

    @Test func presentFlagsAreNotWritten() {
        let (sent, status) = run(needed, [setting("AK"), .simpleString("OK")])
        #expect(sent.count == 1)
        #expect(status == .enabled)
    }

    @Test func missingFlagsAreWrittenAndReadAgain() {
        let (sent, status) = run(needed, [setting("Ex"), .simpleString("OK"), setting("xKE$")])
        #expect(
            sent.map(\.head) == [
                RedisCommand("CONFIG", "GET", "notify-keyspace-events").head,
                RedisCommand("CONFIG", "SET", "notify-keyspace-events", "ExK$").head,
                RedisCommand("CONFIG", "GET", "notify-keyspace-events").head,
            ])
        #expect(status == .enabled)
    }

    @Test func flagsThatAnotherClientOverwroteAreWrittenAgain() {
        let (sent, status) = run(needed, [setting(""), .simpleString("OK"), setting("Ex"), .simpleString("OK"), setting("xKE$")])
        #expect(sent.count == 5)
        #expect(status == .enabled)
    }

    @Test func settingThatDoesNotStayIsGivenUp() {
        let round = [setting(""), .simpleString("OK")]
        let (_, status) = run(needed, round + round + round + round)
        guard case .unavailable = status else {
            Issue.record("\(String(describing: status))")
            return
        }
    }

    @Test(arguments: ["NOPERM this user has no permissions to run the 'config|get' command", "ERR unknown command 'CONFIG'"])
    func refusalIsReported(_ message: String) {
        let error = RedisReply.error(RedisServerError(message: message))
        for replies in [[error], [setting(""), error]] {
            guard case .unavailable(let reason) = run(needed, replies).status else {
                Issue.record("a refusal was passed over")
                return
            }
            #expect(reason.contains(message))
        }
    }

    @Test(arguments: [RedisReply.array([]), .null, .simpleString("OK"), .array([.null, .null])])
    func oddReplyIsReported(_ reply: RedisReply) {
        guard case .unavailable = run(needed, [reply]).status else {
            Issue.record("an odd reply was passed over")
            return
        }
    }

    @Test func withoutTheRightToWriteOnlyTheSettingIsRead() {
        var negotiation = KeyspaceEventsNegotiation(needed: needed, mayWrite: false)
        _ = negotiation.begin()
        guard case .finish(.unavailable(let reason)) = negotiation.receive(setting("")) else {
            Issue.record("it goes on")
            return
        }
        #expect(reason.contains("K$"))
        #expect(!negotiation.hasWritten)
    }

    @Test func whatIsRefusedIsNotAskedForAgain() {
        var review = KeyspaceEventsReview()
        var negotiation = review.negotiation(for: needed)
        _ = negotiation.begin()
        _ = negotiation.receive(setting(""))
        _ = negotiation.receive(.error(RedisServerError(message: "NOPERM no")))
        review.finish(negotiation)
        #expect(review.mayAsk)
        negotiation = review.negotiation(for: needed)
        _ = negotiation.begin()
        guard case .finish = negotiation.receive(setting("")) else {
            Issue.record("the setting is written again")
            return
        }
        negotiation = review.negotiation(for: needed)
        _ = negotiation.begin()
        _ = negotiation.receive(.error(RedisServerError(message: "NOPERM no")))
        review.finish(negotiation)
        #expect(!review.mayAsk)
    }
}
