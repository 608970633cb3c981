public import EventLoop

/// A connection to a message broker and a result store: what a consumer or a producer talks through.
///
/// A transport belongs to one consumer or one producer. While ``run()`` runs it keeps connected, whatever happens to the servers; when
/// `run()` ends, its deliveries that were not settled go back to their queues.
///
/// Every method of its broker and its store may be called from any task. Completion handlers are called on ``executor``, so an actor that
/// runs on that executor may touch its own state in them, and its calls cost no thread hop.
public protocol Transport: Sendable {
    /// Where the transport's own actors run, and where those that use it should.
    var executor: any TimedExecutor { get }

    /// The message broker.
    var broker: any Broker { get }

    /// The result store.
    var store: any ResultStore { get }

    /// Where models are announced; `nil`: nowhere.
    var directory: (any ModelDirectory)? { get }

    /// The connections that have been needed so far.
    var connections: [ConnectionState] { get async }

    /// Connects, and keeps connected until cancelled.
    ///
    /// - Throws: What no further try can mend, such as refused credentials. A server that is away is not an error here.
    func run() async throws
}

extension Transport {
    /// None.
    public var directory: (any ModelDirectory)? { nil }

    /// None.
    public var connections: [ConnectionState] {
        get async { [] }
    }
}
