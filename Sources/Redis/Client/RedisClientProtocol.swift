/// A Redis to send commands to and to hear from, of however many servers it consists.
///
/// ``RedisClient`` is connected to one server at a time, ``RedisClusterClient`` to those that own the keys in question.
public protocol RedisClientProtocol: Actor {
    /// Keeps connected until the task is cancelled; then lets issued commands finish, each to its timeout, and disconnects.
    ///
    /// - Throws: ``RedisError/Code/invalidConfiguration``, or ``RedisError/Code/closed`` when it has been called before.
    func run() async throws

    /// Waits until commands can be sent.
    ///
    /// - Throws: ``RedisError/Code/rejected`` when the server refuses us, ``RedisError/Code/tlsFailed``, ``RedisError/Code/closed``, or
    ///   `CancellationError`.
    func waitUntilConnected() async throws

    /// Why there is no connection, as far as is known; `nil` while there is.
    var problem: RedisError? { get }

    /// Whether there is a connection for commands, and one for subscriptions where somebody has subscribed; in a cluster, to every node that has been needed and is still in use.
    var isConnected: Bool { get }

    /// How often connections for commands have been made; all but the first are reconnects. In a cluster those to its other nodes do not
    /// count, unless one takes the place of another.
    var connectCount: Int { get }

    /// Sends commands and waits for all replies.
    ///
    /// - Parameters:
    ///   - commands: The commands. In a cluster the first argument of each is its key, and those for different nodes are executed side by
    ///     side.
    ///   - timeout: How long to wait at most; ``RedisConfiguration/commandTimeout`` if `nil`.
    /// - Returns: A reply for each command, in order; one that failed is a ``RedisReply/error(_:)``.
    /// - Throws: A ``RedisError`` that concerns all of them, or `CancellationError`.
    func send(pipeline commands: [RedisCommand], timeout: Duration?) async throws -> [RedisReply]

    /// Sends commands, and waits for what becomes of each.
    ///
    /// In a cluster no command waits for a node or a slot that is away: it fails at once, or answers with `CLUSTERDOWN`, and the others are
    /// executed.
    ///
    /// - Returns: An outcome for each command, in order; the reply of one that failed is a ``RedisReply/error(_:)``.
    /// - Throws: A ``RedisError`` that concerns all of them, or `CancellationError`.
    func outcomes(ofPipeline commands: [RedisCommand]) async throws -> [Result<RedisReply, RedisError>]

    /// Removes keys, and calls `completion` on the loop's thread with how many existed.
    func unlink(_ keys: [String], completion: @escaping @Sendable (Result<Int, RedisError>) -> Void)

    /// The `run_id` of the server that has the keys that begin with a prefix: another one after a restart and after a fail-over.
    ///
    /// - Parameter prefix: What the keys begin with. In a cluster it holds a hash tag, or nobody can say.
    /// - Returns: `nil` when the server does not let us ask.
    func serverRun(forKeysWithPrefix prefix: String) async throws -> String?

    /// Hears of an event of all keys that begin with a prefix; needs the events in ``RedisConfiguration/keyspaceEvents``.
    ///
    /// The handler is called on the loop's thread: first, with ``RedisKeyEvents/mayHaveMissed`` set, when every server in question has
    /// confirmed; then once for everything that arrives in a turn; with ``RedisKeyEvents/mayHaveMissed`` set after each reconnect; and with
    /// a failure as the last call, when a server refuses or the client stops. Never before this method returns.
    ///
    /// In a cluster, a prefix that holds a hash tag concerns one node, and any other all masters.
    ///
    /// - Parameters:
    ///   - prefix: What the keys begin with, character for character.
    ///   - patternPrefix: What the pattern that is subscribed to begins with: the same, or the beginning of it where access rules permit
    ///     only the wider pattern.
    ///   - event: The event's name, such as `set`.
    /// - Returns: What ends it, with ``unsubscribe(_:)``.
    func watch(
        keysWithPrefix prefix: String, patternPrefix: String, for event: String,
        handler: @escaping @Sendable (Result<RedisKeyEvents, RedisError>) -> Void
    ) -> RedisSubscriptionToken

    /// Ends a subscription that was made with a handler, which is not called again.
    func unsubscribe(_ token: RedisSubscriptionToken)

    /// Whether the servers that are watched publish the events of ``RedisConfiguration/keyspaceEvents``, as far as could be told when they
    /// were last connected to.
    var keyspaceEventsStatus: KeyspaceEventsStatus { get }
}
