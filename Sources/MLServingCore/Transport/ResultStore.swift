/// Where results wait under their keys until whoever asked reads them.
public protocol ResultStore: Sendable {
    /// Writes records, each unless its key is taken by one that it may not replace: the first result of a request wins (G2).
    ///
    /// Each record is judged by itself: one that the store refuses keeps no other from being stored.
    ///
    /// - Returns: The outcome of each entry. Records that are stored can be read once this returns.
    /// - Throws: ``TransportError`` when the store could not be asked, or the connection broke before it answered, so that nothing is known
    ///   of any entry; `CancellationError`.
    func write(_ entries: [StoreEntry]) async throws -> [StoreOutcome]

    /// Reads values; `nil` for a key that has none.
    ///
    /// - Throws: ``TransportError`` also when only one of the keys cannot be read.
    func get(_ keys: [String]) async throws -> [[UInt8]?]

    /// Reads values, each by itself: a key that the store does not let us read, or that holds no record, fails alone.
    ///
    /// - Returns: For each key its value, `nil` where it has none.
    /// - Throws: ``TransportError`` with `too_large` when the values together are larger than this side accepts; and as ``write(_:)``.
    func read(_ keys: [String]) async throws -> [Result<[UInt8]?, TransportError>]

    /// Whether each key has a value; `false` also for a key that the store does not let us look at, unless that is so for all of them.
    func contains(_ keys: [String]) async throws -> [Bool]

    /// Finds out whether the store takes records now, by writing one that nobody reads.
    ///
    /// - Throws: ``TransportError`` that says why not; with `notPermitted` when the user has no right to store results.
    func probe() async throws

    /// Whether at least one of the keys has a value: one question, however many keys there are.
    func containsAny(of keys: [String]) async throws -> Bool

    /// Removes keys, some time soon. Nobody waits for it: what is not removed ends by its time to live.
    func remove(_ keys: [String])

    /// Names the run of the server that keeps the keys with a prefix; another name means that what was stored last may be lost. `nil` when
    /// the store cannot tell.
    func serverRun(forKeysWithPrefix prefix: String) async throws -> String?

    /// Watches the keys that begin with a prefix for the length of `body`. The watch is in place before `body` begins (G3).
    func withNotifications<Outcome: Sendable>(
        forKeysWithPrefix prefix: String,
        body: @Sendable (any NotificationSource) async throws -> Outcome
    ) async throws -> Outcome
}

extension ResultStore {
    /// Stores records, each unless its key is taken by one that it may not replace.
    ///
    /// - Returns: For each entry, whether it was stored.
    /// - Throws: ``TransportError`` of the first entry that the store did not take; the others may be stored all the same.
    @discardableResult
    public func put(_ entries: [StoreEntry]) async throws -> [Bool] {
        try await write(entries).map { outcome in try outcome.get() }
    }

    /// Reads all values, or none.
    public func read(_ keys: [String]) async throws -> [Result<[UInt8]?, TransportError>] {
        try await get(keys).map { .success($0) }
    }

    /// A store that can always be written to when it can be reached has nothing to find out.
    public func probe() async throws {}

    /// Asks for each key.
    public func containsAny(of keys: [String]) async throws -> Bool {
        try await contains(keys).contains(true)
    }
}

/// A record to be stored.
public struct StoreEntry: Sendable {
    /// The key.
    public var key: String
    /// The record's bytes.
    public var value: [UInt8]
    /// How long the record is kept.
    public var timeToLive: Duration
    /// What a value under the key begins with that gives way to this one. `nil`: none does.
    ///
    /// An entry that can replace another is also published on a channel of the key's name, for programs that wait there.
    public var replacedPrefix: [UInt8]?

    /// Makes an entry.
    public init(key: String, value: [UInt8], timeToLive: Duration, replacedPrefix: [UInt8]? = nil) {
        self.key = key
        self.value = value
        self.timeToLive = timeToLive
        self.replacedPrefix = replacedPrefix
    }
}

/// News of keys that were written. A notification is a hint: it can be lost, never be wrong.
public protocol NotificationSource: Sendable {
    /// Whether the store tells of writes at all. When it cannot, reading on a timer is what is left.
    var isPushed: Bool { get async }

    /// Everything that has arrived, at least something.
    func next() async throws -> Notifications
}

/// Notifications that arrived together.
public struct Notifications: Sendable {
    /// Keys that were written.
    public var keys: [String]

    /// Whether there may be writes that this source has not told of, because the connection was lost in between.
    public var mayHaveMissed: Bool

    /// Makes a group of notifications.
    public init(keys: [String], mayHaveMissed: Bool = false) {
        self.keys = keys
        self.mayHaveMissed = mayHaveMissed
    }
}
