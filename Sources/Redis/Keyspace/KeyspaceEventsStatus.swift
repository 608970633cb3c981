/// Whether a server publishes the keyspace notifications that are needed.
public enum KeyspaceEventsStatus: Sendable, Hashable {
    /// Not asked yet, or none are needed.
    case unknown
    /// It does.
    case enabled
    /// The server does not let us look, or does not let us switch them on. They may be on or not: read the keys on a timer.
    case unavailable(reason: String)
}
