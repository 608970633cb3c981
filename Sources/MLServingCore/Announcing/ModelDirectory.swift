/// Where hosts announce the models that they serve, and others find them.
///
/// Entries end by themselves unless they are renewed, by the clock of the directory's own server.
public protocol ModelDirectory: Sendable {
    /// Enters announcements, or renews those of the same names.
    ///
    /// - Parameters:
    ///   - entries: What is announced.
    ///   - timeToLive: How long it stays.
    /// - Throws: ``TransportError``, with `notPermitted` when the user has no right to announce.
    func enter(_ entries: [DirectoryEntry], timeToLive: Duration) async throws

    /// Takes announcements back.
    ///
    /// - Throws: ``TransportError``, as ``enter(_:timeToLive:)``.
    func withdraw(_ names: [String]) async throws

    /// What is announced now, in no order. At most 10,000 entries; larger ones than ``DirectoryEntry/maximumByteCount`` are left out.
    ///
    /// - Throws: ``TransportError``, with `notPermitted` when the user has no right to look.
    func entries() async throws -> [DirectoryEntry]
}

/// An announcement.
public struct DirectoryEntry: Sendable, Hashable {
    /// How many bytes a value may have.
    public static let maximumByteCount = 65_536
    /// How many entries are read.
    public static let maximumCount = 10_000

    /// Tells it from all others.
    public var name: String
    /// What is announced.
    public var value: [UInt8]

    /// Makes an entry.
    public init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}
