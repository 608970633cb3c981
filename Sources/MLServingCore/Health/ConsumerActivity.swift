/// What a consumer is doing, and what follows from it for its health.
///
/// A value without clock or threads: it is told the time.
struct ConsumerActivity: Sendable {
    enum Phase: Sendable, Hashable {
        case notStarted
        /// Waiting for the broker since then.
        case starting(since: ContinuousClock.Instant)
        case warmingUp
        case consuming
        case draining
        case ended
    }

    private(set) var phase = Phase.notStarted
    /// When each running prediction has begun.
    private var predictions: [UInt64: ContinuousClock.Instant] = [:]
    private var heldRequests = 0
    /// When something has happened to the held requests last, or the first of them came.
    private var lastProgress: ContinuousClock.Instant?
    private var lastSuccess: ContinuousClock.Instant?
    private var lastSign: ContinuousClock.Instant?
    private var queue: (status: QueueStatus, asked: ContinuousClock.Instant)?
    /// Since when requests wait in the queue although nothing is held.
    private var starvedSince: ContinuousClock.Instant?
    private var connections: [ConnectionState] = []
    /// Why the broker takes no messages of this consumer, which lacks the right to publish.
    private var publishingProblem: String?
    /// Why what is published through the exchange does not reach the queue.
    private var routeProblem: String?
    /// Whether no requests are taken in because a right is missing, or was until now.
    private var isPaused = false
    /// What is known of the store; `nil`: it is not needed.
    private var store: StoreState?

    private struct StoreState: Sendable {
        var hasAnswered = false
        /// Why it did not take what it was given last.
        var problem: String?
        /// Since when its answer is waited for.
        var asked: ContinuousClock.Instant?
    }

    /// How long the store may take to answer.
    private static let storePatience = Duration.seconds(4)

    // MARK: Life

    mutating func begin(at now: ContinuousClock.Instant, needsStore: Bool = false) {
        phase = .starting(since: now)
        store = needsStore ? StoreState() : nil
    }

    mutating func beginWarmUp() {
        if case .starting = phase { phase = .warmingUp }
    }

    /// What remains is the broker, which has its time from now on.
    mutating func endWarmUp(at now: ContinuousClock.Instant) {
        if phase == .warmingUp { phase = .starting(since: now) }
    }

    /// The consumer is registered for the first time.
    mutating func open() {
        if case .starting = phase { phase = .consuming }
    }

    mutating func drain() {
        phase = .draining
    }

    mutating func end() {
        phase = .ended
    }

    // MARK: Work

    /// Deliveries have come.
    mutating func arrived(held count: Int, at now: ContinuousClock.Instant) {
        if heldRequests == 0 { lastProgress = now }
        heldRequests = count
        starvedSince = nil
    }

    /// Requests have been settled.
    mutating func settled(held count: Int, at now: ContinuousClock.Instant) {
        lastProgress = now
        heldRequests = count
    }

    mutating func predictionBegan(_ number: UInt64, at now: ContinuousClock.Instant) {
        predictions[number] = now
    }

    mutating func predictionEnded(_ number: UInt64, succeeded: Bool, at now: ContinuousClock.Instant) {
        predictions[number] = nil
        lastProgress = now
        if succeeded { lastSuccess = now }
    }

    // MARK: Surroundings

    /// The thread that everything but the predictions runs on has come by.
    mutating func sign(at now: ContinuousClock.Instant) {
        lastSign = now
    }

    /// The broker has told what is in the queue.
    mutating func observed(_ status: QueueStatus, at now: ContinuousClock.Instant) {
        queue = (status, now)
        if status.depth == 0 || heldRequests > 0 {
            starvedSince = nil
        } else if starvedSince == nil {
            starvedSince = now
        }
    }

    mutating func observed(_ connections: [ConnectionState]) {
        self.connections = connections
    }

    /// The store has been given something to keep.
    mutating func storeAsked(at now: ContinuousClock.Instant) {
        store?.asked = now
    }

    /// - Parameter problem: Why it was not kept; `nil`: it was.
    mutating func storeAnswered(_ problem: String?) {
        store?.asked = nil
        store?.problem = problem
        if problem == nil { store?.hasAnswered = true }
    }

    // MARK: Rights

    /// - Parameter problem: What right to publish is missing; `nil`: none.
    mutating func publishingAnswered(_ problem: String?) {
        publishingProblem = problem
    }

    /// - Parameter problem: Why requests do not reach the queue; `nil`: they do, as far as is known.
    mutating func routeAnswered(_ problem: String?) {
        routeProblem = problem
    }

    /// The intake ends for want of a right.
    mutating func pause() {
        isPaused = true
    }

    /// Requests are taken in again.
    mutating func resume(at now: ContinuousClock.Instant) {
        isPaused = false
        starvedSince = nil
        lastProgress = now
    }

    // MARK: Conclusions

    /// - Parameter registration: What the source of deliveries says, once there is one.
    func report(registration: Registration?, limits: HealthLimits, at now: ContinuousClock.Instant) -> HealthReport {
        var registration = registration
        if case .starting(let since) = phase { registration = Registration(isRegistered: false, since: since) }
        var report = HealthReport()
        report.isRegistered = registration?.isRegistered ?? false
        report.registrationAge = registration.map { now - $0.since }
        report.heldRequests = heldRequests
        report.runningPredictions = predictions.count
        report.longestPrediction = predictions.values.min().map { now - $0 }
        report.sinceLastSuccess = lastSuccess.map { now - $0 }
        report.queue = queue?.status
        report.queueAge = queue.map { now - $0.asked }
        report.connections = connections
        report.livenessProblems = livenessProblems(registration: registration, limits: limits, at: now)
        report.readinessProblems = readinessProblems(isRegistered: report.isRegistered, at: now)
        let codes = Set(report.readinessProblems.map(\.code))
        report.readinessProblems += report.livenessProblems.filter { !codes.contains($0.code) }
        return report
    }

    private func livenessProblems(registration: Registration?, limits: HealthLimits, at now: ContinuousClock.Instant) -> [HealthProblem] {
        var problems: [HealthProblem] = []
        func check(_ since: ContinuousClock.Instant?, _ limit: Duration, _ code: HealthProblem.Code, _ what: String) {
            guard let since, now - since > limit else { return }
            problems.append(HealthProblem(code: code, message: "\(what) for \((now - since).components.seconds) s"))
        }
        switch phase {
        case .notStarted, .draining:
            // The grace period bounds a drain.
            return []
        case .ended:
            return [HealthProblem(code: .ended, message: "the consumer has ended")]
        case .starting, .warmingUp, .consuming:
            break
        }
        // A consumer that waits for its rights has nothing to do on purpose, and a restart would not grant them.
        let lost = registration.flatMap { $0.isRegistered || isPaused ? nil : $0.since }
        check(lost, limits.registration, .unregistered, "the broker has not known this consumer")
        check(predictions.values.min(), limits.progress, .stuckPrediction, "a prediction has been running")
        check(
            heldRequests > 0 && !isPaused ? lastProgress : nil, limits.progress, .noProgress,
            "nothing has happened to \(heldRequests) held requests")
        check(
            lost == nil && !isPaused ? starvedSince : nil, limits.progress, .starved,
            "requests have been waiting in the queue, and none has come,"
        )
        check(lastSign, limits.progress, .unresponsive, "the consumer's thread has not responded")
        return problems
    }

    private func readinessProblems(isRegistered: Bool, at now: ContinuousClock.Instant) -> [HealthProblem] {
        switch phase {
        case .notStarted: return [HealthProblem(code: .notStarted, message: "the consumer has not started")]
        case .warmingUp: return [HealthProblem(code: .warmingUp, message: "the warm-up inputs are being predicted")]
        case .draining: return [HealthProblem(code: .draining, message: "the consumer only finishes what it has begun")]
        case .ended: return []
        case .starting, .consuming:
            var problems: [HealthProblem] = []
            if let routeProblem {
                problems.append(HealthProblem(code: .unroutable, message: "requests do not reach the queue: \(routeProblem)"))
            }
            if let publishingProblem {
                problems.append(
                    HealthProblem(code: .notPermitted, message: "replies and dead letters cannot be published: \(publishingProblem)"))
            }
            if !isRegistered, isPaused {
                problems.append(
                    HealthProblem(
                        code: .unregistered, message: "no requests are taken in until a missing right is granted, and what is held is done")
                )
            } else if !isRegistered {
                problems.append(HealthProblem(code: .unregistered, message: "the broker does not know this consumer"))
            }
            for connection in connections where !connection.isConnected {
                problems.append(HealthProblem(code: .disconnected, message: "the connection \(connection.name) is down"))
            }
            if let problem = storeProblem(at: now) {
                problems.append(HealthProblem(code: .storeUnavailable, message: "results cannot be stored: \(problem)"))
            }
            return problems
        }
    }

    private func storeProblem(at now: ContinuousClock.Instant) -> String? {
        guard let store else { return nil }
        if let problem = store.problem { return problem }
        if let asked = store.asked, now - asked > Self.storePatience {
            return "the store has not answered for \((now - asked).components.seconds) s"
        }
        return store.hasAnswered ? nil : "the store has not answered yet"
    }
}
