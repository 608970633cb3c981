internal import EventLoop

/// The subscribers of a connection: what waits for each of them, and how it is told. Touched on the loop's thread only.
struct Feeds {
    typealias Identifier = SubscriptionSet.Feed
    typealias Handler = @Sendable (Result<RedisSubscriptionEvents, RedisError>) -> Void

    /// How a subscriber gets its events.
    enum Receiver {
        /// It waits for the confirmation, and then takes them.
        case reader(confirmed: OneShot<Void>)
        /// They are handed to it.
        case handler(Handler)
    }

    /// Somebody to be told something.
    enum Notice {
        case wake(OneShot<Void>)
        case hand(Result<RedisSubscriptionEvents, RedisError>, to: Handler)

        func deliver() {
            switch self {
            case .wake(let signal): signal.succeed()
            case .hand(let result, let handler): handler(result)
            }
        }
    }

    private struct Feed {
        let receiver: Receiver
        var buffer: FeedBuffer
        var arrived: OneShot<Void>?
        var wasEstablished = false
        var failure: RedisError?
    }

    private let maximumBytes: Int
    private var feeds: [Identifier: Feed] = [:]
    private var touched: Set<Identifier> = []
    private var lastIdentifier: Identifier = 0

    /// - Parameter maximumBytes: The messages that may wait for each subscriber.
    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    var identifiers: [Identifier] { Array(feeds.keys) }

    mutating func add(_ receiver: Receiver) -> Identifier {
        lastIdentifier += 1
        feeds[lastIdentifier] = Feed(receiver: receiver, buffer: FeedBuffer(maximumBytes: maximumBytes))
        return lastIdentifier
    }

    mutating func remove(_ identifier: Identifier) {
        touched.remove(identifier)
        feeds.removeValue(forKey: identifier)?.arrived?.fail(Self.leftError)
    }

    /// Those that have never been confirmed.
    var unestablished: [Identifier] {
        feeds.filter { !$0.value.wasEstablished }.map(\.key)
    }

    // MARK: What happens

    mutating func append(_ message: RedisMessage, to identifiers: [Identifier]) {
        for identifier in identifiers {
            feeds[identifier]?.buffer.append(message)
            touched.insert(identifier)
        }
    }

    /// The server has confirmed. Whoever was confirmed before, and every handler, may have missed something until now.
    mutating func establish(_ identifiers: [Identifier]) {
        for identifier in identifiers {
            guard let feed = feeds[identifier] else { continue }
            var mayHaveMissed = feed.wasEstablished
            switch feed.receiver {
            case .reader(let confirmed): confirmed.succeed()
            case .handler: mayHaveMissed = true
            }
            feeds[identifier]?.wasEstablished = true
            if mayHaveMissed {
                feeds[identifier]?.buffer.markMissed()
                touched.insert(identifier)
            }
        }
    }

    /// Everybody who was confirmed may have missed something.
    mutating func markMissed() {
        for (identifier, feed) in feeds where feed.wasEstablished {
            feeds[identifier]?.buffer.markMissed()
            touched.insert(identifier)
        }
    }

    /// Nothing more will come.
    mutating func fail(_ identifier: Identifier, _ error: RedisError) {
        guard let feed = feeds[identifier], feed.failure == nil else { return }
        feeds[identifier]?.failure = error
        if case .reader(let confirmed) = feed.receiver { confirmed.fail(error) }
        touched.insert(identifier)
    }

    // MARK: Who is told

    /// One notice for each subscriber that something has happened for.
    mutating func takeNotices() -> [Notice] {
        defer { touched.removeAll(keepingCapacity: true) }
        return touched.flatMap { notices(for: $0) }
    }

    private mutating func notices(for identifier: Identifier) -> [Notice] {
        guard let feed = feeds[identifier] else { return [] }
        switch feed.receiver {
        case .reader:
            return feed.arrived.map { [.wake($0)] } ?? []
        case .handler(let handler):
            var notices: [Notice] = []
            if let events = feeds[identifier]?.buffer.take() { notices.append(.hand(.success(events), to: handler)) }
            if let failure = feed.failure {
                feeds[identifier] = nil
                notices.append(.hand(.failure(failure), to: handler))
            }
            return notices
        }
    }

    /// What has arrived for a reader; or else `arrived` is told when something does.
    mutating func take(_ identifier: Identifier, orSignal arrived: OneShot<Void>) throws(RedisError) -> RedisSubscriptionEvents? {
        guard let feed = feeds[identifier] else { throw Self.leftError }
        if let events = feeds[identifier]?.buffer.take() { return events }
        if let failure = feed.failure { throw failure }
        if feed.arrived != nil { throw RedisError(.overloaded, "a subscription is read by one task at a time") }
        feeds[identifier]?.arrived = arrived
        return nil
    }

    /// Nobody waits any more.
    mutating func stopSignalling(_ identifier: Identifier) {
        feeds[identifier]?.arrived = nil
    }

    private static var leftError: RedisError { RedisError(.closed, "the subscription's scope has been left") }
}
