/// What a store has done with one of several records that were written together.
public enum StoreOutcome: Sendable, Hashable {
    /// The record can be read.
    case stored
    /// The key has a value that this record may not replace.
    case taken
    /// The store did not take the record. The error's code says whether the same may succeed later: `unavailable` and `connection_lost` are
    /// temporary, `refused` and `too_large` are lasting.
    case failed(TransportError)

    /// Whether the record was stored.
    ///
    /// - Throws: Why the store did not take it.
    func get() throws(TransportError) -> Bool {
        switch self {
        case .stored: true
        case .taken: false
        case .failed(let error): throw error
        }
    }
}
