/// Notices that the store has lost data: by a key that was there and is gone, or by another run of the server, which may not know what the
/// one before had stored last.
///
/// `@unchecked Sendable`: used on the producer engine's executor only.
final class StoreMarker: @unchecked Sendable {
    private static let timeToLive = Duration.seconds(86_400)

    private let prefix: String
    private var number = 0
    private var kept: (key: String, until: ContinuousClock.Instant)?
    private var serverRun: String?
    /// Kept until it has been told: an operation that fails on the way must not make it forgotten.
    private var hasLostData = false
    /// Whether there has been no marker for a while, in which a loss would not have shown.
    private var isUnmarked = false
    /// Whether the server may be another than the one that was asked last.
    private var mustAskForRun = true

    /// - Parameter prefix: What the producer's result keys begin with, so that the marker is lost with them.
    init(prefix: String) {
        self.prefix = prefix
    }

    /// Looks for the marker, and writes it anew, under another name, well before its time to live ends.
    ///
    /// - Parameter afterInterruption: Whether the connection has been lost, so that the server may be another.
    /// - Returns: Whether data that was stored before this call may have been lost.
    func check(
        in store: any ResultStore,
        at now: ContinuousClock.Instant,
        afterInterruption: Bool,
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> Bool {
        if let kept, kept.until > now, try await !store.contains([kept.key])[0] {
            hasLostData = true
            self.kept = nil
        }
        if afterInterruption { mustAskForRun = true }
        let mustRenew = kept.map { $0.until <= now + Self.timeToLive / 2 } ?? true
        if mustRenew {
            mustAskForRun = true
            number += 1
            let entry = StoreEntry(key: "\(prefix)marker-\(number)", value: [1], timeToLive: Self.timeToLive)
            do {
                _ = try await store.put([entry])
            } catch {
                if kept.map({ $0.until <= now }) ?? true { isUnmarked = true }
                throw error
            }
            if isUnmarked { hasLostData = true }
            isUnmarked = false
            // The store's clock may run a little faster.
            kept = (entry.key, now + Self.timeToLive - .seconds(60))
        }
        // Asked after the marker is there: a loss before that shows in the run, one after it in the marker.
        if mustAskForRun || serverRun == nil {
            if let run = try await store.serverRun(forKeysWithPrefix: prefix) {
                if let serverRun, serverRun != run { hasLostData = true }
                serverRun = run
            }
            mustAskForRun = false
        }
        defer { hasLostData = false }
        return hasLostData
    }
}
