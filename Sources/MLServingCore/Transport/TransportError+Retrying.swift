/// Which failures another try may mend: the one place that decides it, for consumers and producers.
extension TransportError {
    /// Whether the server was away or its answer got lost, so that the same may succeed in a moment.
    var isTemporary: Bool { code == .connectionLost || code == .unavailable }

    /// Whether the queue or the exchange is not there. Whoever knows its definition can declare it.
    var isMissingTarget: Bool { code == .unroutable || code == .notFound }

    /// Whether the server is there and has no room now.
    var isCongestion: Bool { code == .overloaded }
}
