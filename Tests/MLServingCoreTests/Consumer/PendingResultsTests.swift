import Testing

@testable import MLServingCore

@Suite("PendingResults")
struct PendingResultsTests {
    private let start = ContinuousClock.now
    private let lost = TransportError(code: .connectionLost, message: "lost")
    private let away = TransportError(code: .unavailable, message: "away")
    private let refused = TransportError(code: .refused, message: "no")

    private func pending(_ keys: [String], bytes: Int = 1, expiry: Duration = .seconds(60)) -> PendingResults {
        var pending = PendingResults()
        for (index, key) in keys.enumerated() {
            let entry = StoreEntry(key: key, value: [UInt8](repeating: 0, count: bytes), timeToLive: .seconds(60))
            pending.add(entry, of: UInt64(index), until: start + expiry)
        }
        return pending
    }

    /// What is written, and how often, and what comes of it, until nothing is left.
    private func drive(
        _ pending: inout PendingResults, rounds: Int = 1_000, store: ([String]) -> Result<[StoreOutcome], TransportError>
    ) -> (writes: [[String]], verdicts: [PendingResults.Verdict], end: ContinuousClock.Instant) {
        var (now, writes, verdicts) = (start, [[String]](), [PendingResults.Verdict]())
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<rounds {
            verdicts += pending.expire(at: now)
            switch pending.next(at: now) {
            case .idle: return (writes, verdicts, now)
            case .wait(let until): now = max(now, until)
            case .write(let items):
                let keys = items.map(\.entry.key)
                writes.append(keys)
                verdicts += pending.finish(items, store(keys), at: now, using: &generator)
            }
        }
        Issue.record("it does not come to an end")
        return (writes, verdicts, now)
    }

    private func stored(_ verdicts: [PendingResults.Verdict]) -> Set<UInt64> {
        Set(verdicts.compactMap { if case .stored(let request, _) = $0 { request } else { nil } })
    }

    @Test func whatIsReadyIsWrittenTogether() {
        var pending = pending(["a", "b", "c"])
        let (writes, verdicts, _) = drive(&pending) { .success($0.map { $0 == "b" ? .taken : .stored }) }
        #expect(writes == [["a", "b", "c"]])
        #expect(stored(verdicts) == [0, 1, 2])
        #expect(verdicts.contains { if case .stored(1, isDuplicate: true) = $0 { true } else { false } })
    }

    @Test func refusedRecordIsJudgedByItselfAndNotWrittenAgain() {
        var pending = pending(["a", "b", "c"])
        let (writes, verdicts, end) = drive(&pending) { .success($0.map { $0 == "b" ? .failed(refused) : .stored }) }
        #expect(writes.count == 1)
        #expect(stored(verdicts) == [0, 2])
        #expect(verdicts.contains { if case .refused(1, 1, refused) = $0 { true } else { false } })
        #expect(end == start)
    }

    @Test func whatFailsForTheMomentIsWrittenAgainAndHoldsUpNothing() {
        var pending = pending(["a", "b"])
        var failures = 3
        let (writes, verdicts, end) = drive(&pending) { keys in
            .success(
                keys.map { key in
                    guard key == "a", failures > 0 else { return .stored }
                    failures -= 1
                    return .failed(away)
                })
        }
        #expect(writes == [["a", "b"], ["a"], ["a"], ["a"]])
        #expect(stored(verdicts) == [0, 1])
        #expect(end > start && end < start + .seconds(1))
    }

    @Test func recordThatBreaksConnectionsIsFoundByHalvingAndTheOthersAreStored() {
        var pending = pending((0..<64).map { "\($0)" }, bytes: 300 << 10)
        let (writes, verdicts, _) = drive(&pending) { keys in
            keys.contains("37") ? .failure(lost) : .success(keys.map { _ in .stored })
        }
        #expect(stored(verdicts) == Set((0..<64).filter { $0 != 37 }))
        #expect(writes.count { $0 == ["37"] } == 2, "one that has cost two connections by itself is not written a third time")
        let convictions = verdicts.compactMap { verdict -> TransportError? in
            if case .refused(37, _, let error) = verdict { error } else { nil }
        }
        #expect(convictions.map(\.code) == [.tooLarge])
    }

    @Test func smallRecordIsNotConvictedByANetworkThatFailsTwice() {
        var pending = pending(["a"])
        var losses = 3
        let (_, verdicts, _) = drive(&pending) { keys in
            losses -= 1
            return losses >= 0 ? .failure(lost) : .success([.stored])
        }
        #expect(stored(verdicts) == [0])
    }

    @Test func smallRecordThatAlwaysBreaksTheConnectionIsConvictedInTheEnd() {
        var pending = pending(["a"])
        let (writes, verdicts, _) = drive(&pending) { _ in .failure(lost) }
        #expect(writes.count == 8)
        #expect(verdicts.contains { if case .refused(0, 1, _) = $0 { true } else { false } })
    }

    @Test func temporaryFailuresEndWhenNobodyWaitsAnyMore() {
        var pending = pending(["a", "b"], expiry: .seconds(30))
        let (writes, verdicts, end) = drive(&pending) { _ in .failure(away) }
        #expect(verdicts.count { if case .expired(_, away) = $0 { true } else { false } } == 2)
        #expect(end == start + .seconds(30))
        #expect(writes.count < 100, "it backs off")
    }

    @Test func whoIsRefusedAsAWholeTriesAgain() {
        var pending = pending(["a"])
        var refusals = 2
        let (_, verdicts, _) = drive(&pending) { _ in
            refusals -= 1
            return refusals >= 0 ? .failure(refused) : .success([.stored])
        }
        #expect(stored(verdicts) == [0])
    }

    @Test func whatHasNotBeenTriedDoesNotExpire() {
        var pending = pending(["a"], expiry: .seconds(-1))
        let (writes, verdicts, _) = drive(&pending) { _ in .success([.stored]) }
        #expect(writes.count == 1)
        #expect(stored(verdicts) == [0])
    }

    @Test func largeRecordGoesAloneAndLetsOthersPass() {
        var pending = pending(["large", "huge"], bytes: PendingResults.largeBytes)
        for key in ["a", "b"] { pending.add(StoreEntry(key: key, value: [1], timeToLive: .seconds(1)), of: 9, until: start + .seconds(1)) }
        let (writes, _, _) = drive(&pending) { .success($0.map { _ in .stored }) }
        #expect(writes == [["a", "b"], ["large"], ["huge"]])
    }

    @Test func outputThatIsKeptForLaterInputsIsTriedOnce() {
        var pending = PendingResults()
        pending.add(StoreEntry(key: "k", value: [1], timeToLive: .seconds(1)), of: nil, until: start + .seconds(1))
        let (writes, verdicts, _) = drive(&pending) { _ in .failure(away) }
        #expect(writes.count == 1)
        #expect(verdicts.count == 1)
    }

    @Test func failuresAreLoggedRarely() {
        var pending = pending(["a"], expiry: .seconds(3600))
        var generator = SystemRandomNumberGenerator()
        var (now, lines, failures) = (start, 0, 0)
        while failures < 1_000 {
            switch pending.next(at: now) {
            case .wait(let until): now = until
            case .idle:
                Issue.record("the record is gone")
                return
            case .write(let items):
                _ = pending.finish(items, .failure(away), at: now, using: &generator)
                failures += 1
                if pending.isWorthLogging { lines += 1 }
            }
        }
        #expect(lines == 10)
    }
}
