import Testing

@testable import MLServingCore

/// Health as a value: every test tells it the time.
@Suite("ConsumerActivity")
struct ConsumerActivityTests {
    private static let start = ContinuousClock.now

    private func time(_ seconds: Int) -> ContinuousClock.Instant {
        Self.start + .seconds(seconds)
    }

    /// The state of a consumer that was registered at the start, unless told otherwise.
    private func report(_ activity: ConsumerActivity, registered: Bool = true, since: Int = 0, at seconds: Int) -> HealthReport {
        activity.report(
            registration: Registration(isRegistered: registered, since: time(since)),
            limits: HealthLimits(registration: .seconds(60), progress: .seconds(300)),
            at: time(seconds)
        )
    }

    private func consuming(needsStore: Bool = false) -> ConsumerActivity {
        var activity = ConsumerActivity()
        activity.begin(at: time(0), needsStore: needsStore)
        activity.open()
        return activity
    }

    // MARK: Life

    @Test func consumerThatHasNotStartedIsLiveAndNotReady() {
        let report = ConsumerActivity().report(registration: nil, limits: HealthLimits(), at: time(10_000))
        #expect(report.isLive)
        #expect(report.readinessProblems.map(\.code) == [.notStarted])
    }

    @Test func consumerWithoutBrokerHasItsTimeAndIsDeadThen() {
        var activity = ConsumerActivity()
        activity.begin(at: time(0))
        #expect(report(activity, at: 60).isLive)
        #expect(report(activity, at: 60).readinessProblems.map(\.code) == [.unregistered])
        #expect(report(activity, at: 61).livenessProblems.map(\.code) == [.unregistered])
    }

    @Test func warmUpDoesNotTakeTheBrokersTime() {
        var activity = ConsumerActivity()
        activity.begin(at: time(0))
        activity.beginWarmUp()
        activity.predictionBegan(0, at: time(0))
        #expect(report(activity, at: 200).isLive)
        #expect(report(activity, at: 200).readinessProblems.map(\.code) == [.warmingUp])
        activity.predictionEnded(0, succeeded: true, at: time(200))
        activity.endWarmUp(at: time(200))
        #expect(report(activity, at: 260).isLive)
        #expect(report(activity, at: 260).readinessProblems.map(\.code) == [.unregistered])
        activity.open()
        #expect(report(activity, at: 260).isReady)
    }

    @Test func warmUpThatDoesNotEndIsDead() {
        var activity = ConsumerActivity()
        activity.begin(at: time(0))
        activity.beginWarmUp()
        activity.predictionBegan(0, at: time(0))
        #expect(report(activity, at: 300).isLive)
        #expect(report(activity, at: 301).livenessProblems.map(\.code) == [.stuckPrediction])
    }

    @Test func drainingConsumerIsLiveAndNotReady() {
        var activity = consuming()
        activity.arrived(held: 1, at: time(0))
        activity.drain()
        activity.open()
        let report = report(activity, registered: false, at: 10_000)
        #expect(report.isLive)
        #expect(report.readinessProblems.map(\.code) == [.draining])
    }

    @Test func consumerThatHasEndedIsDead() {
        var activity = consuming()
        activity.end()
        #expect(report(activity, at: 0).livenessProblems.map(\.code) == [.ended])
        #expect(!report(activity, at: 0).isReady)
    }

    // MARK: Readiness

    @Test func registeredConsumerIsReadyBeforeItsFirstRequest() {
        var activity = consuming()
        #expect(report(activity, at: 0).isReady)
        activity.predictionBegan(1, at: time(0))
        activity.predictionEnded(1, succeeded: false, at: time(1))
        #expect(report(activity, at: 1).isReady, "a bad request says nothing of the model")
        activity.predictionBegan(2, at: time(1))
        activity.predictionEnded(2, succeeded: true, at: time(2))
        #expect(report(activity, at: 3).sinceLastSuccess == .seconds(1))
    }

    @Test func connectionThatIsDownEndsReadinessAndIsNamed() {
        var activity = consuming()
        activity.observed([
            ConnectionState(name: "rabbitmq-consuming", isConnected: true, connectCount: 1),
            ConnectionState(name: "redis", isConnected: false, connectCount: 1),
        ])
        let problems = report(activity, at: 0).readinessProblems
        #expect(problems.map(\.code) == [.disconnected])
        #expect(problems.first?.message.contains("redis") == true)
        #expect(report(activity, at: 0).isLive, "a restart would not bring it back")
        activity.observed([ConnectionState(name: "redis", isConnected: true, connectCount: 2)])
        #expect(report(activity, at: 0).isReady)
    }

    @Test func storeThatDoesNotTakeResultsEndsReadinessWithItsReason() {
        var activity = consuming(needsStore: true)
        #expect(report(activity, at: 0).readinessProblems.map(\.code) == [.storeUnavailable], "it has not been tried yet")
        activity.storeAsked(at: time(0))
        activity.storeAnswered(nil)
        #expect(report(activity, at: 0).isReady)
        activity.storeAsked(at: time(10))
        activity.storeAnswered("OOM")
        #expect(report(activity, at: 10).readinessProblems.first?.message.contains("OOM") == true)
        activity.storeAsked(at: time(12))
        activity.storeAnswered(nil)
        #expect(report(activity, at: 12).isReady)
        activity.storeAsked(at: time(20))
        #expect(report(activity, at: 24).isReady)
        #expect(report(activity, at: 25).readinessProblems.map(\.code) == [.storeUnavailable], "it is silent")
    }

    @Test func lossOfTheRegistrationEndsReadinessAtOnceAndLifeAfterTheLimit() {
        let activity = consuming()
        #expect(report(activity, registered: false, since: 100, at: 100).readinessProblems.map(\.code) == [.unregistered])
        #expect(report(activity, registered: false, since: 100, at: 160).isLive)
        let late = report(activity, registered: false, since: 100, at: 161)
        #expect(late.livenessProblems.map(\.code) == [.unregistered])
        #expect(late.readinessProblems.map(\.code) == [.unregistered], "one problem is told once")
        #expect(late.registrationAge == .seconds(61))
        #expect(report(activity, registered: true, since: 170, at: 10_000).isReady)
    }

    // MARK: Progress

    @Test func predictionThatDoesNotEndIsDeadWhateverTheOthersDo() {
        var activity = consuming()
        activity.arrived(held: 2, at: time(0))
        activity.predictionBegan(2, at: time(0))
        for second in 1...301 {
            activity.predictionBegan(3, at: time(second - 1))
            activity.predictionEnded(3, succeeded: true, at: time(second))
        }
        let report = report(activity, at: 301)
        #expect(report.livenessProblems.map(\.code) == [.stuckPrediction])
        #expect(!report.isReady)
        #expect(report.longestPrediction == .seconds(301))
        #expect(report.runningPredictions == 1)
        activity.predictionEnded(2, succeeded: false, at: time(302))
        #expect(self.report(activity, at: 302).isReady)
    }

    @Test func heldRequestsThatNothingHappensToAreDead() {
        var activity = consuming()
        activity.arrived(held: 1, at: time(1_000))
        #expect(report(activity, at: 1_300).isLive)
        #expect(report(activity, at: 1_301).livenessProblems.map(\.code) == [.noProgress])
        // More of them is no progress.
        activity.arrived(held: 2, at: time(1_302))
        #expect(!report(activity, at: 1_302).isLive)
        activity.settled(held: 1, at: time(1_303))
        #expect(report(activity, at: 1_603).isLive)
        #expect(!report(activity, at: 1_604).isLive)
        activity.settled(held: 0, at: time(1_605))
        #expect(report(activity, at: 100_000).isLive)
        #expect(report(activity, at: 100_000).heldRequests == 0)
    }

    @Test func consumerThatGetsNoneOfTheWaitingRequestsIsDead() {
        var activity = consuming()
        activity.observed(QueueStatus(depth: 5, consumers: 1), at: time(0))
        activity.observed(QueueStatus(depth: 9, consumers: 1), at: time(200))
        #expect(report(activity, at: 300).isLive)
        #expect(report(activity, at: 301).livenessProblems.map(\.code) == [.starved])
        #expect(report(activity, at: 301).queue?.depth == 9)
        #expect(report(activity, at: 301).queueAge == .seconds(101))
        // While it is not registered, that is the problem.
        #expect(report(activity, registered: false, since: 300, at: 301).isLive)
        activity.arrived(held: 1, at: time(302))
        #expect(report(activity, at: 302).isLive)
    }

    @Test(arguments: [(0, 0), (5, 1)])
    func emptyQueueOrHeldRequestsAreNoStarvation(depth: Int, held: Int) {
        var activity = consuming()
        activity.observed(QueueStatus(depth: 5, consumers: 1), at: time(0))
        if held > 0 { activity.arrived(held: held, at: time(200)) }
        activity.observed(QueueStatus(depth: depth, consumers: 1), at: time(200))
        #expect(report(activity, at: 500).isLive)
    }

    @Test func threadThatDoesNotRespondIsDead() {
        var activity = consuming()
        activity.sign(at: time(0))
        #expect(report(activity, at: 300).isLive)
        #expect(report(activity, at: 301).livenessProblems.map(\.code) == [.unresponsive])
        activity.sign(at: time(302))
        #expect(report(activity, at: 302).isLive)
    }
}
