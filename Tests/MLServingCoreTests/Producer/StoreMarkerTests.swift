import Synchronization
import Testing

@testable import MLServingCore

@Suite("StoreMarker")
struct StoreMarkerTests {
    private let start = ContinuousClock.now

    @Test func anotherRunOfTheServerIsALoss() async throws {
        let (marker, store) = (StoreMarker(prefix: "p:"), RestartingStore())
        #expect(try await !marker.check(in: store, at: start, afterInterruption: false))
        store.change { $0.run = "second" }
        #expect(try await marker.check(in: store, at: start, afterInterruption: true))
        #expect(try await !marker.check(in: store, at: start, afterInterruption: true), "it is told once")
    }

    @Test func questionThatFailsAfterAnInterruptionIsAskedAgain() async throws {
        let (marker, store) = (StoreMarker(prefix: "p:"), RestartingStore())
        _ = try await marker.check(in: store, at: start, afterInterruption: false)
        store.change {
            $0.run = "second"
            $0.isAway = true
        }
        await #expect(throws: TransportError.self) { try await marker.check(in: store, at: start, afterInterruption: true) }
        store.change { $0.isAway = false }
        #expect(try await marker.check(in: store, at: start, afterInterruption: false))
    }

    /// What was stored and lost before the first marker was there has left no other trace.
    @Test func timeWithoutAMarkerMayHaveBeenALoss() async throws {
        let (marker, store) = (StoreMarker(prefix: "p:"), RestartingStore())
        store.change { $0.isFull = true }
        await #expect(throws: TransportError.self) { try await marker.check(in: store, at: start, afterInterruption: false) }
        store.change { $0.isFull = false }
        #expect(try await marker.check(in: store, at: start, afterInterruption: false))
        #expect(try await !marker.check(in: store, at: start, afterInterruption: false), "it is told once")
    }

    /// The marker that is there shows a loss as well as the one that is to follow it.
    @Test func renewalThatFailsIsNoLoss() async throws {
        let (marker, store) = (StoreMarker(prefix: "p:"), RestartingStore())
        #expect(try await !marker.check(in: store, at: start, afterInterruption: false))
        store.change { $0.isFull = true }
        let later = start + .seconds(50_000)
        await #expect(throws: TransportError.self) { try await marker.check(in: store, at: later, afterInterruption: false) }
        store.change { $0.isFull = false }
        #expect(try await !marker.check(in: store, at: later, afterInterruption: false))
    }
}

/// A store that keeps everything, and says that it has been started again.
private final class RestartingStore: ResultStore {
    struct State {
        var run = "first"
        var isAway = false
        var isFull = false
    }

    private let state = Mutex(State())

    func change(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
    }

    func write(_ entries: [StoreEntry]) async throws -> [StoreOutcome] {
        let isFull = state.withLock { $0.isFull }
        return entries.map { _ in isFull ? .failed(TransportError(code: .unavailable, message: "the store is full")) : .stored }
    }
    func get(_ keys: [String]) async throws -> [[UInt8]?] { keys.map { _ in [1] } }
    func contains(_ keys: [String]) async throws -> [Bool] { keys.map { _ in true } }
    func remove(_ keys: [String]) {}

    func serverRun(forKeysWithPrefix prefix: String) async throws -> String? {
        let state = state.withLock { $0 }
        if state.isAway { throw TransportError(code: .connectionLost, message: "away") }
        return state.run
    }

    func withNotifications<Outcome: Sendable>(
        forKeysWithPrefix prefix: String, body: @Sendable (any NotificationSource) async throws -> Outcome
    ) async throws -> Outcome {
        try await body(KeyNotifications())
    }
}
