/// Which keyspace notifications a server publishes: the flags of `notify-keyspace-events`.
///
/// Where they go (``keyspace``, ``keyevent``) and what is told (the rest) must both be named; a set with one half only publishes nothing.
/// See <https://redis.io/docs/latest/develop/use/keyspace-notifications/>.
public struct KeyspaceEvents: OptionSet, Sendable, Hashable {
    /// The bits, private to this type.
    public let rawValue: UInt32

    /// Makes a set from bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `K`: on channels `__keyspace@<db>__:<key>`, with the event as payload.
    public static let keyspace = KeyspaceEvents(rawValue: 1 << 0)
    /// `E`: on channels `__keyevent@<db>__:<event>`, with the key as payload.
    public static let keyevent = KeyspaceEvents(rawValue: 1 << 1)
    /// `g`: commands of no particular type, such as DEL, EXPIRE, RENAME.
    public static let generic = KeyspaceEvents(rawValue: 1 << 2)
    /// `$`: commands on strings, such as SET.
    public static let string = KeyspaceEvents(rawValue: 1 << 3)
    /// `l`: commands on lists.
    public static let list = KeyspaceEvents(rawValue: 1 << 4)
    /// `s`: commands on sets.
    public static let set = KeyspaceEvents(rawValue: 1 << 5)
    /// `h`: commands on hashes.
    public static let hash = KeyspaceEvents(rawValue: 1 << 6)
    /// `z`: commands on sorted sets.
    public static let sortedSet = KeyspaceEvents(rawValue: 1 << 7)
    /// `x`: keys that expired, when the server removes them.
    public static let expired = KeyspaceEvents(rawValue: 1 << 8)
    /// `e`: keys evicted for want of memory.
    public static let evicted = KeyspaceEvents(rawValue: 1 << 9)
    /// `t`: commands on streams.
    public static let stream = KeyspaceEvents(rawValue: 1 << 10)
    /// `d`: commands on the types of modules.
    public static let module = KeyspaceEvents(rawValue: 1 << 11)
    /// `m`: keys asked for that do not exist. Not part of ``all``.
    public static let missed = KeyspaceEvents(rawValue: 1 << 12)
    /// `n`: keys created, from Redis 7.0. Not part of ``all``.
    public static let created = KeyspaceEvents(rawValue: 1 << 13)

    /// `A`, which stands for `g$lshzxetd`.
    public static let all: KeyspaceEvents = [
        .generic, .string, .list, .set, .hash, .sortedSet, .expired, .evicted, .stream, .module,
    ]

    private static let letters: [(letter: Character, event: KeyspaceEvents)] = [
        ("K", .keyspace), ("E", .keyevent), ("g", .generic), ("$", .string), ("l", .list), ("s", .set), ("h", .hash), ("z", .sortedSet),
        ("x", .expired), ("e", .evicted), ("t", .stream), ("d", .module), ("m", .missed), ("n", .created),
    ]

    /// Reads flags as a server reports them. Letters of servers newer than this are passed over.
    public init(flags: String) {
        self = flags.reduce(into: []) { events, flag in
            if flag == "A" {
                events.formUnion(.all)
            } else if let known = Self.letters.first(where: { $0.letter == flag }) {
                events.formUnion(known.event)
            }
        }
    }

    /// The flags, as `CONFIG SET notify-keyspace-events` takes them.
    public var flags: String {
        String(Self.letters.compactMap { contains($0.event) ? $0.letter : nil })
    }

    /// What `notify-keyspace-events` must be set to so that these events are published besides all that are published now.
    ///
    /// Flags are only ever added, those of newer servers included: other clients depend on them.
    ///
    /// - Parameter current: What the server reports.
    /// - Returns: The new setting, or `nil` when nothing is missing.
    public func setting(addedTo current: String) -> String? {
        let missing = subtracting(KeyspaceEvents(flags: current))
        return missing.isEmpty ? nil : current + missing.flags
    }
}

extension KeyspaceEvents: CustomStringConvertible {
    /// The flags.
    public var description: String { flags }
}
