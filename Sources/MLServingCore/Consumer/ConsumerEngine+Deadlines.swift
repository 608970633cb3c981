internal import EventLoop

/// Predictions that nobody waits for any more, because the deadlines of all their inputs have passed (G4).
extension ConsumerEngine {
    /// Has a prediction looked at when its last deadline passes.
    ///
    /// There is one timer for all predictions. One that is set to an earlier moment stays: most predictions have ended by then, and a timer that is set
    /// anew with each batch would be the most expensive part of a quick one.
    func watchDeadlines(of prediction: Prediction) {
        guard let end = prediction.end else { return }
        if let overdueTimer, overdueTimer.isPending, overdueTimer.deadline <= end { return }
        setOverdueTimer(at: end)
    }

    private func setOverdueTimer(at moment: ContinuousClock.Instant) {
        overdueTimer?.cancel()
        overdueTimer = executor.schedule(at: moment) { [weak self] in self?.assumeIsolated { $0.cancelOverdue() } }
    }

    private func cancelOverdue() {
        guard phase != .stopped else { return }
        let now = executor.now
        var next: ContinuousClock.Instant?
        // In their order, which simulations depend on.
        for number in predictions.keys.sorted() {
            guard let prediction = predictions[number], !prediction.isOverdue, let end = end(of: prediction) else { continue }
            if end > now {
                next = min(next ?? end, end)
            } else {
                predictions[number]?.isOverdue = true
                prediction.task.cancel()
            }
        }
        if let next { setOverdueTimer(at: next) }
    }

    /// When the last of those stops waiting who wait for a prediction, or for an input that equals one of its inputs; `nil`: never.
    private func end(of prediction: Prediction) -> ContinuousClock.Instant? {
        guard var end = prediction.end else { return nil }
        for work in prediction.work {
            if requests[work.request]?.isTask == true { return nil }
            guard let key = work.cacheKey else { continue }
            for follower in shared.followers(of: work, under: key) {
                guard requests[follower.request]?.isTask != true, let deadline = follower.deadline else { return nil }
                end = max(end, deadline)
            }
        }
        return end
    }

    /// What the input of a prediction comes to that was cancelled because its deadlines had passed. What it failed with may be no more than the
    /// cancellation in the predictor's words, and would be retried, or rest with the dead letters.
    func outcome(_ outcome: ResultRecord.Outcome, ofOverdue work: PredictionWork) -> ResultRecord.Outcome {
        if case .failure = outcome { .failure(.deadlinePassed(before: "its prediction ended")) } else { outcome }
    }
}

extension [PredictionWork] {
    /// The last of the deadlines; `nil` if one of the inputs has none.
    var lastDeadline: ContinuousClock.Instant? {
        var last: ContinuousClock.Instant?
        for work in self {
            guard let deadline = work.deadline else { return nil }
            last = last.map { Swift.max($0, deadline) } ?? deadline
        }
        return last
    }
}
