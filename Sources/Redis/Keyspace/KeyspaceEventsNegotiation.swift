/// Switches missing keyspace notifications on: reads the setting, adds to it, and reads it again, since another client may have written
/// its own between the two.
struct KeyspaceEventsNegotiation {
    enum Action {
        case send(RedisCommand)
        case finish(KeyspaceEventsStatus)
    }

    private enum State {
        case reading
        case writing
    }

    static let parameter = "notify-keyspace-events"
    private static let maximumWrites = 3

    /// What the server has refused. One that reports no setting does not let us look either.
    enum Refusal { case toLook, toWrite }

    private let needed: KeyspaceEvents
    private let mayWrite: Bool
    private var state = State.reading
    private var writes = 0
    private(set) var refusal: Refusal?

    /// - Parameter mayWrite: Whether to switch on what is missing.
    init(needed: KeyspaceEvents, mayWrite: Bool = true) {
        self.needed = needed
        self.mayWrite = mayWrite
    }

    /// Whether notifications have been switched on.
    var hasWritten: Bool { writes > 0 && refusal == nil }

    mutating func begin() -> Action {
        if needed.isEmpty { return .finish(.unknown) }
        state = .reading
        return .send(.words("CONFIG", ["GET", Self.parameter]))
    }

    mutating func receive(_ reply: RedisReply) -> Action {
        if case .error(let error) = reply {
            let verb = state == .reading ? "CONFIG GET" : "CONFIG SET"
            refusal = state == .reading ? .toLook : .toWrite
            return .finish(.unavailable(reason: "\(verb) \(Self.parameter): \(error.message)"))
        }
        switch state {
        case .writing:
            return begin()
        case .reading:
            guard let current = Self.value(in: reply) else {
                refusal = .toLook
                return .finish(.unavailable(reason: "CONFIG GET \(Self.parameter) reports nothing"))
            }
            guard let setting = needed.setting(addedTo: current) else { return .finish(.enabled) }
            guard mayWrite else {
                return .finish(.unavailable(reason: "\(Self.parameter) is \"\(current)\", \"\(setting)\" is needed"))
            }
            guard writes < Self.maximumWrites else {
                return .finish(.unavailable(reason: "\(Self.parameter) stays \"\(current)\" although set to \"\(setting)\""))
            }
            writes += 1
            state = .writing
            return .send(.words("CONFIG", ["SET", Self.parameter, setting]))
        }
    }

    private static func value(in reply: RedisReply) -> String? {
        guard let elements = reply.elements, elements.count >= 2, elements[0].string == parameter else { return nil }
        return elements[1].string
    }
}
