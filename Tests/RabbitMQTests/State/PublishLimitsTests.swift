import Testing

@testable import RabbitMQ

@Suite("PublishLimits")
struct PublishLimitsTests {
    @Test(arguments: [
        "PRECONDITION_FAILED - message size 1200000 is larger than configured max size 1048576",
        "the broker refused: PRECONDITION_FAILED - message size 1200000 larger than configured max size 1048576",
    ])
    func limitIsReadFromTheBrokersWords(_ text: String) {
        #expect(BrokerClosure.bodyMaximum(in: text) == 1_048_576)
    }

    @Test(arguments: [
        "PRECONDITION_FAILED - invalid expiration 'x': no_integer", "message size", "message size 5 is larger than max size 5",
        "message size 99999999999999999999 is larger than configured max size 1", "message size 7 is too large",
    ])
    func otherWordsTellNoLimit(_ text: String) {
        #expect(BrokerClosure.bodyMaximum(in: text) == nil)
    }

    @Test func limitIsForgottenAfterAWhileAndWithTheConnection() {
        let limits = PublishLimits()
        let now = ContinuousClock.now
        limits.learn(bodyMaximum: 7, at: now)
        #expect(limits.bodyMaximum(at: now + .seconds(299)) == 7)
        #expect(limits.bodyMaximum(at: now + .seconds(300)) == nil)
        limits.forget()
        #expect(limits.bodyMaximum(at: now) == nil)
    }
}
