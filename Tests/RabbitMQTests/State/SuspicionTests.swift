import Testing

@testable import RabbitMQ

@Suite("Suspicion")
struct SuspicionTests {
    /// The end of a connection that had lasted, right after the message.
    private let own = Suspicion.Ending(sinceWritten: .milliseconds(5), provenFor: .seconds(1), isAlone: true)
    private let shared = Suspicion.Ending(sinceWritten: .milliseconds(5), provenFor: .seconds(1), isAlone: false)
    private let late = Suspicion.Ending(sinceWritten: .seconds(2), provenFor: .seconds(1), isAlone: true)
    /// A broker that restarts may end a connection as soon as it has taken it.
    private let unproven = Suspicion.Ending(sinceWritten: .milliseconds(5), provenFor: .milliseconds(100), isAlone: true)

    private func verdicts(_ endings: [Suspicion.Ending], bytes: Int = 10) -> [Suspicion.Verdict] {
        var suspicion = Suspicion()
        return endings.map { suspicion.count($0, bytes: bytes) }
    }

    @Test func messageThatAloneEndsConnectionsIsGuiltyAfterTheThird() {
        #expect(verdicts([own, own, own]) == [.innocent, .suspect, .guilty])
        // Written again at once, it tells nothing.
        #expect(verdicts([own, unproven, own]) == [.innocent, .suspect, .guilty])
    }

    @Test func culpritOfACrowdIsGuiltyOnceItAloneHasEndedTwo() {
        #expect(verdicts([shared, shared, shared, shared, own, own]) == [.innocent, .suspect, .suspect, .suspect, .suspect, .guilty])
    }

    @Test func companyIsNeverGuilty() {
        #expect(!verdicts(Array(repeating: shared, count: 1_000)).contains(.guilty))
    }

    @Test func connectionsThatHadNotProvedGoodConvictNobody() {
        #expect(!verdicts(Array(repeating: unproven, count: 1_000)).contains(.guilty))
    }

    @Test func connectionThatLastsWithTheMessageAcquitsIt() {
        #expect(verdicts([own, own, late, own, own, own]) == [.innocent, .suspect, .innocent, .innocent, .suspect, .guilty])
    }

    @Test func brokerThatIsAwayBetweenAcquits() {
        var suspicion = Suspicion()
        for _ in 0..<100 {
            #expect(suspicion.count(own, bytes: 10) == .innocent)
            #expect(suspicion.count(own, bytes: 10) == .suspect)
            suspicion.acquit()
        }
    }

    @Test func connectionThatEndsWithoutTheMessageTakesBackWhatSpokeAgainstIt() {
        var suspicion = Suspicion()
        for _ in 0..<100 {
            #expect(suspicion.count(own, bytes: 10) != .guilty)
            suspicion.countEndingWithoutIt()
        }
    }

    @Test func largeMessageHasTimeToBeSent() {
        #expect(verdicts([late, late, late]) == [.innocent, .innocent, .innocent])
        #expect(verdicts([late, late, late], bytes: 2 << 20) == [.innocent, .suspect, .guilty])
        #expect(Suspicion.promptness(ofBytes: .max) == .seconds(4))
    }
}
