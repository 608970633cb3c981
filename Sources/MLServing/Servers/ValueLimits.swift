internal import MLServingCore
internal import Redis
internal import Synchronization

/// The largest value that Redis takes: `proto-max-bulk-len`, where we may look, and 512 MiB where not.
///
/// A value above it is not refused: Redis ends the connection over it, with all that is on its way. So it must not be sent.
final class ValueLimits: Sendable {
    /// What Redis takes unless it is configured otherwise.
    private static let usual = 512 << 20
    /// The least that `proto-max-bulk-len` can be set to. Smaller values need no question.
    private static let least = 1 << 20
    /// How long an answer holds.
    private static let validity = Duration.seconds(60)

    private let known = Mutex<(limit: Int, until: ContinuousClock.Instant)?>(nil)

    /// The largest value that may be sent, as far as these entries need to know.
    func limit(for entries: [StoreEntry], in client: any RedisClientProtocol) async -> Int {
        guard let large = entries.first(where: { $0.value.count > Self.least }) else { return Self.least }
        if let known = known.withLock({ $0 }), .now < known.until { return known.limit }
        var question = RedisCommand("CONFIG", "GET", "proto-max-bulk-len")
        question.key = large.key
        // A server that is away is asked again next time, one that does not let us look only after a while.
        guard case .success(let reply)? = try? await client.outcomes(ofPipeline: [question]).first else { return Self.usual }
        if case .error(let error) = reply, error.isTemporary { return Self.usual }
        let limit = reply.elements?.last?.string.flatMap { Int($0) } ?? Self.usual
        known.withLock { $0 = (limit, .now + Self.validity) }
        return limit
    }
}
