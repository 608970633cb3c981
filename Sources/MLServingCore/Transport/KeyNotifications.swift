/// A bounded feed of notifications, for transports to fill.
public final class KeyNotifications: NotificationSource {
    private enum Item: Sendable {
        case key(String)
        case missed
        case failed(TransportError)
    }

    /// How many unread keys are kept; a reader that is further behind is told to read everything it waits for.
    private static let capacity = 65_536

    private let items = Mailbox<Item>()
    private let announces: @Sendable () async -> Bool

    /// Makes a feed.
    ///
    /// - Parameter isPushed: Whether the store announces writes at all.
    public init(isPushed: @escaping @Sendable () async -> Bool = { true }) {
        announces = isPushed
    }

    /// Whether the store announces writes at all.
    public var isPushed: Bool {
        get async { await announces() }
    }

    /// Tells of a key that was written.
    public func add(_ key: String) {
        if items.count < Self.capacity { return items.append(.key(key)) }
        _ = items.drain()
        items.append(.missed)
    }

    /// Tells that writes may have gone unnoticed.
    public func addMissed() {
        items.append(.missed)
    }

    /// Ends the feed.
    public func fail(_ error: TransportError) {
        items.append(.failed(error))
    }

    /// Everything that has arrived, at least something.
    public func next() async throws -> Notifications {
        var notifications = Notifications(keys: [])
        for item in try await items.next() {
            switch item {
            case .key(let key): notifications.keys.append(key)
            case .missed: notifications.mayHaveMissed = true
            case .failed(let error): throw error
            }
        }
        return notifications
    }
}
