/// Which connections are open, whose they are, and which of them makes room for another.
///
/// A value without I/O. A new connection is never left waiting outside: at a limit, the oldest connection that nobody is working for goes,
/// of the client that has the most. If all are being answered, the new one is a guest: it may ask what needs no body, such as whether the
/// service is up.
struct ConnectionTable {
    typealias ID = UInt64

    private struct Entry {
        /// Whose it is, as limits count it; `nil`: nobody's.
        var client: NetworkAddress?
        /// Whether a request on it is complete and being answered.
        var isBusy = false
        var isGuest = false
    }

    /// What becomes of a new connection.
    struct Admission: Equatable {
        var id: ID
        /// The connection that has to go for it.
        var evicted: ID?
        /// Whether it may ask only what needs no body.
        var isGuest: Bool
    }

    /// How many guests there may be.
    static let maximumGuests = 32

    private let maximum: Int
    private let maximumPerClient: Int
    private var lastID: ID = 0
    private var entries: [ID: Entry] = [:]
    /// Without guests.
    private var counts: [NetworkAddress: Int] = [:]
    private var guestCount = 0

    init(maximum: Int, maximumPerClient: Int) {
        self.maximum = maximum
        self.maximumPerClient = maximumPerClient
    }

    /// The number of connections.
    var count: Int { entries.count }

    /// Takes a connection in.
    ///
    /// - Parameter client: Whose it is; `nil` for a proxy's.
    mutating func open(for client: NetworkAddress?) -> Admission {
        lastID += 1
        var admission = Admission(id: lastID, evicted: nil, isGuest: false)
        let isTooMany = client.map { counts[$0, default: 0] >= maximumPerClient } ?? false
        if isTooMany || entries.count - guestCount >= maximum {
            // A guest has no place that it could leave to others.
            admission.evicted = oldest(of: isTooMany ? client : nil) { !$0.isBusy && !$0.isGuest }
            admission.isGuest = admission.evicted == nil
        }
        if admission.isGuest, guestCount >= Self.maximumGuests { admission.evicted = oldest(of: nil, where: \.isGuest) }
        if let evicted = admission.evicted { close(evicted) }
        entries[lastID] = Entry(client: admission.isGuest ? nil : client, isGuest: admission.isGuest)
        if admission.isGuest { guestCount += 1 } else if let client { counts[client, default: 0] += 1 }
        return admission
    }

    /// Counts a proxy's connection for the client whose request it carries, or, with `nil`, for nobody again.
    ///
    /// - Returns: Whether the client may have another; if not, the connection still counts for nobody.
    mutating func attribute(_ id: ID, to client: NetworkAddress?) -> Bool {
        guard let previous = entries[id]?.client ?? client, entries[id] != nil else { return true }
        if let client, entries[id]?.client != client, counts[client, default: 0] >= maximumPerClient { return false }
        if entries[id]?.client != nil { forget(previous) }
        entries[id]?.client = client
        if let client { counts[client, default: 0] += 1 }
        return true
    }

    /// Notes whether a complete request is being answered on a connection.
    mutating func setBusy(_ id: ID, _ isBusy: Bool) {
        entries[id]?.isBusy = isBusy
    }

    /// Forgets a connection.
    mutating func close(_ id: ID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        if entry.isGuest { guestCount -= 1 }
        if let client = entry.client { forget(client) }
    }

    private mutating func forget(_ client: NetworkAddress) {
        guard let count = counts[client] else { return }
        counts[client] = count > 1 ? count - 1 : nil
    }

    /// The oldest connection of a client or, with `nil`, of the client that has the most.
    private func oldest(of client: NetworkAddress?, where condition: (Entry) -> Bool) -> ID? {
        let candidates = entries.filter { condition($0.value) && (client == nil || $0.value.client == client) }
        return candidates.min { first, second in
            let (firstCount, secondCount) = (size(of: first.value), size(of: second.value))
            return firstCount == secondCount ? first.key < second.key : firstCount > secondCount
        }?.key
    }

    private func size(of entry: Entry) -> Int {
        entry.client.flatMap { counts[$0] } ?? 1
    }
}
