import Testing

@testable import MLServingCore

/// When a client publishes again what the broker did not take. Every test tells the time.
@Suite("Waiter")
struct WaiterTests {
    private static let start = ContinuousClock.now

    private func waiter() -> Waiter {
        let request = OutboundRequest(message: Message(body: []), address: "k", deadline: Self.start + .seconds(3_600))
        return Waiter(request: request, recipient: .group(CallGroup(call, arrival: Self.start)))
    }

    private var call: CoalescedCall { CoalescedCall(input: [], timeout: .seconds(1), headers: [:]) }

    /// Fails again and again until it gives up, or for 1,000 times.
    private func time(until waiter: Waiter, givesUpOn code: TransportError.Code) -> (elapsed: Duration, tries: Int, lines: Int) {
        var (elapsed, tries, lines, generator) = (Duration.zero, 0, 0, SystemRandomNumberGenerator())
        while tries < 1_000,
            let retry = waiter.failed(
                with: TransportError(code: code, message: ""), at: Self.start + elapsed, using: &generator)
        {
            elapsed += retry.delay
            tries += 1
            if retry.isWorthLogging { lines += 1 }
        }
        return (elapsed, tries, lines)
    }

    @Test(arguments: [TransportError.Code.unroutable, .notFound])
    func missingQueueIsLookedForForFiveSeconds(code: TransportError.Code) {
        let (elapsed, tries, _) = time(until: waiter(), givesUpOn: code)
        #expect(elapsed <= .seconds(5))
        #expect(elapsed > .seconds(4))
        #expect((20...200).contains(tries))
    }

    @Test func brokerThatIsAwayIsTriedUntilTheDeadlineAndLoggedRarely() {
        let (_, tries, lines) = time(until: waiter(), givesUpOn: .unavailable)
        #expect(tries == 1_000)
        #expect(lines <= 10)
    }

    @Test(arguments: [TransportError.Code.overloaded, .refused, .tooLarge, .closed])
    func otherFailuresAreTheCallers(code: TransportError.Code) {
        #expect(time(until: waiter(), givesUpOn: code).tries == 0)
    }

    @Test func queueThatHasJustBeenDeclaredMayRefuseForAMoment() {
        let waiter = waiter()
        var generator = SystemRandomNumberGenerator()
        func fails(_ code: TransportError.Code, after seconds: Int) -> Bool {
            waiter.failed(with: TransportError(code: code, message: ""), at: Self.start + .seconds(seconds), using: &generator) == nil
        }
        #expect(!fails(.unroutable, after: 0))
        #expect(!fails(.overloaded, after: 2))
        #expect(fails(.overloaded, after: 6))
    }

    @Test func queueThatWasThereMeanwhileIsLookedForAnew() {
        let waiter = waiter()
        var generator = SystemRandomNumberGenerator()
        func fails(_ code: TransportError.Code, after seconds: Int) -> Bool {
            waiter.failed(with: TransportError(code: code, message: ""), at: Self.start + .seconds(seconds), using: &generator) == nil
        }
        #expect(!fails(.unroutable, after: 0))
        #expect(!fails(.connectionLost, after: 4))
        #expect(!fails(.unroutable, after: 6))
        #expect(fails(.unroutable, after: 12))
    }
}
