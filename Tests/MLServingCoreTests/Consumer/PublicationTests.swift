import Testing

@testable import MLServingCore

/// What becomes of a message that the broker does not take.
@Suite("Publication")
struct PublicationTests {
    private static let start = ContinuousClock.now
    private let queue = QueueDefinition(name: "q.suspects")

    private func publication(own: Bool = true, end: Duration? = .seconds(60)) -> Publication {
        Publication(
            .suspect, Message(body: []), to: Route(routingKey: queue.name), declaring: own ? queue : nil, until: end.map { Self.start + $0 }
        )
    }

    private func decide(
        _ publication: inout Publication, _ code: TransportError.Code, after duration: Duration = .zero
    ) -> Publication.Decision {
        var generator = SystemRandomNumberGenerator()
        return publication.failed(with: TransportError(code: code, message: ""), at: Self.start + duration, using: &generator)
    }

    @Test(arguments: [TransportError.Code.tooLarge, .refused, .mismatch, .closed])
    func failureThatLastsIsNeverTriedAgain(code: TransportError.Code) {
        var publication = publication()
        #expect(decide(&publication, code) == .giveUp)
    }

    @Test(arguments: [TransportError.Code.unroutable, .notFound])
    func queueOfOurOwnThatIsGoneIsDeclared(code: TransportError.Code) throws {
        var own = publication()
        guard case .retry(_, declaring: true) = decide(&own, code) else {
            Issue.record("not declared")
            return
        }
        var foreign = publication(own: false)
        #expect(decide(&foreign, code) == .giveUp)
    }

    @Test func triesBecomeRareAndEndWithTheRequest() {
        var publication = publication()
        var (now, tries) = (Duration.zero, 0)
        while case .retry(let delay, declaring: false) = decide(&publication, .connectionLost, after: now) {
            #expect(delay <= .seconds(5))
            now += delay
            tries += 1
            if tries > 1_000 { break }
        }
        #expect(now < .seconds(60))
        #expect(tries < 100)
    }

    @Test func messageThatIsNeededWhateverHappensOutlastsAnOutageButNotARefusal() {
        var lost = publication(end: nil)
        for second in 0..<1_000 {
            guard case .retry = decide(&lost, .unavailable, after: .seconds(100 * second)) else {
                Issue.record("given up")
                return
            }
        }
        var full = publication(end: nil)
        guard case .retry = decide(&full, .overloaded) else {
            Issue.record("not tried again")
            return
        }
        #expect(decide(&full, .overloaded, after: .seconds(31)) == .giveUp)
    }
}
