internal import EventLoop

/// Batches to the prediction threads, and outcomes back.
extension ConsumerEngine {
    /// Gives batches to prediction threads that are free.
    func dispatch() {
        while phase != .stopped, predictions.count < concurrency, let batch = formBatch() {
            lastPrediction += 1
            let now = executor.now
            health.note { $0.predictionBegan(lastPrediction, at: now) }
            let task = batch.marks.isEmpty ? predict(batch, as: lastPrediction) : predictMarked(batch, as: lastPrediction)
            let prediction = Prediction(task: task, work: batch.work, began: now)
            predictions[lastPrediction] = prediction
            watchDeadlines(of: prediction)
        }
    }

    /// Predicts a batch on a prediction thread, and brings the outcomes back.
    ///
    /// A task for each batch, because one that lasted would come back to its thread for the next batch only by way of two more hops.
    private nonisolated func predict(_ batch: PredictionBatch, as number: UInt64) -> Task<Void, Never> {
        Task(executorPreference: threads) { [program, executor, scene] in
            let start = executor.now
            let outcomes = await program.predict(batch.work, in: scene)
            let done = PredictedBatch(batch: batch, outcomes: outcomes, duration: executor.now - start)
            self.perform(on: executor) { $0.take(done, from: number) }
        }
    }

    /// Predicts a batch when the store says that it has begun.
    private func predictMarked(_ batch: PredictionBatch, as number: UInt64) -> Task<Void, Never> {
        Task(executorPreference: executor) {
            await self.writeMarks(batch.marks)
            let prediction = self.predict(batch, as: number)
            await withTaskCancellationHandler {
                await prediction.value
            } onCancel: {
                prediction.cancel()
            }
        }
    }

    private func formBatch() -> PredictionBatch? {
        // A suspect runs while nothing else does, so that a crash is its own.
        if isSuspectDue { return predictions.isEmpty ? formBatchOfSuspect() : nil }
        while true {
            switch former.next(at: executor.now) {
            case .idle:
                return nil
            case .wait(let until):
                delayTimer?.cancel()
                delayTimer = executor.schedule(at: until) { [weak self] in self?.assumeIsolated { $0.dispatch() } }
                return nil
            case .release(let work, let reason):
                if let batch = begin(work, because: reason) { return batch }
            }
        }
    }

    /// Makes a batch of what has not expired meanwhile.
    func begin(_ work: [PredictionWork], because reason: BatchReleaseReason) -> PredictionBatch? {
        let now = executor.now
        let live = work.filter { !expire($0, at: now) }
        if live.isEmpty { return nil }
        var batch = PredictionBatch(work: live, deadline: live.compactMap(\.deadline).min(), reason: reason)
        for item in live {
            guard let request = requests[item.request] else { continue }
            if let mark = beginTrial(of: request) { batch.marks[request.key] = mark }
            if request.stage == .waiting { request.foreign?.notice(.started) }
            request.start(at: now)
        }
        telemetry.released(count: live.count, reason: reason.rawValue)
        return batch
    }

    /// Whether the caller has stopped waiting, in which case the input is done with.
    private func expire(_ work: PredictionWork, at now: ContinuousClock.Instant) -> Bool {
        guard let deadline = work.deadline, deadline <= now, requests[work.request] != nil else { return false }
        give(.failure(.deadlinePassed(before: "it was predicted")), to: work)
        return true
    }

    private func take(_ done: PredictedBatch, from number: UInt64) {
        let now = executor.now
        let prediction = predictions.removeValue(forKey: number)
        health.note { $0.predictionEnded(number, succeeded: done.hasSucceeded, at: now) }
        // What a cancelled prediction came to is no answer: the request goes back to the queue.
        if phase == .stopped { return }
        if let prediction, done.tellsTime {
            // With the ways to the prediction thread and back, which small batches take more often.
            former.learn(cost: done.batch.cost, duration: now - prediction.began)
        }
        dispatch()
        telemetry.predicted(done)
        let isOverdue = prediction?.isOverdue == true
        var previous: UInt64?
        for (work, outcome) in zip(done.batch.work, done.outcomes) {
            guard let request = requests[work.request] else { continue }
            if work.request != previous { request.predicting += done.duration }
            previous = work.request
            give(isOverdue ? self.outcome(outcome, ofOverdue: work) : outcome, to: work)
        }
    }
}
