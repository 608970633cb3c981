extension RedisServerError {
    /// What an error reply means to whoever issued the command.
    struct Meaning: Sendable, Hashable {
        /// Whether the same command may succeed later.
        var isTemporary: Bool
        /// What to do about it.
        var advice: String?
        /// Whether the error is one that Redis is known for.
        var isKnown = true
    }

    private static func temporary(_ advice: String) -> Meaning { Meaning(isTemporary: true, advice: advice) }
    private static func lasting(_ advice: String) -> Meaning { Meaning(isTemporary: false, advice: advice) }

    private static let meanings: [String: Meaning] = [
        "OOM": temporary("Redis has used all of maxmemory: raise it, or choose a maxmemory-policy that evicts, such as volatile-ttl"),
        "READONLY": temporary("the server is a replica and takes no writes: name the primary, or the sentinels"),
        "MISCONF": temporary("Redis cannot save its data and takes no writes: free disk space, and see the log of Redis"),
        "LOADING": temporary("Redis reads its data from disk and will answer when it has"),
        "BUSY": temporary("a script keeps Redis busy: wait for it, or end it with SCRIPT KILL"),
        "CLUSTERDOWN": temporary("part of the Redis Cluster is away: see CLUSTER INFO"),
        "TRYAGAIN": temporary("keys are on their way to another node of the cluster"),
        "ASK": temporary("keys are on their way to another node of the cluster"),
        "MASTERDOWN": temporary("the replica has lost its primary"),
        "NOREPLICAS": temporary("too few replicas follow the primary: see min-replicas-to-write"),
        "NOSCRIPT": temporary("Redis has forgotten a script"),
        "NOPERM": lasting("the access rules of the user do not permit it: ACL LOG shows what is missing"),
        "NOAUTH": temporary("Redis asks for a password: configure one"),
        "WRONGPASS": lasting("check user and password"),
        "DENIED": lasting("Redis is in protected mode and serves its own host only: give it a password, and configure the same here"),
        "WRONGTYPE": lasting("the key holds a value of another type, which somebody else has put there"),
        "MOVED": lasting("the server is part of a Redis Cluster: connect to it as to one"),
    ]

    private static let tooManyClients = temporary("Redis takes no more connections: raise maxclients, or end clients that are not needed")
    private static let tooLarge = lasting("see proto-max-bulk-len")

    /// What it means. An error without a code of its own is lasting, since the same command meets it again; a code that is not known may pass.
    var meaning: Meaning {
        if isAboutSize { return Self.tooLarge }
        if message.hasPrefix("ERR max number of clients") { return Self.tooManyClients }
        if let meaning = Self.meanings[prefix] { return meaning }
        // Before Redis 7 an error within a script is wrapped in another.
        if prefix == "ERR", message.contains("script"), let meaning = meaningWithinScript { return meaning }
        return Meaning(isTemporary: prefix != "ERR", isKnown: false)
    }

    private var meaningWithinScript: Meaning? {
        message.split(separator: " ").lazy.compactMap { word in Self.meanings[String(word.drop { $0 == "-" })] }.first
    }

    /// Whether the same command may succeed later.
    public var isTemporary: Bool { meaning.isTemporary }

    /// Whether a server that answers so to a new connection will be ready some time. A password that is missing does not come by itself.
    var isOfServerNotReady: Bool { meaning.isKnown && meaning.isTemporary && prefix != "NOAUTH" }

    /// Whether the server takes no values of that size.
    public var isAboutSize: Bool {
        message.contains("invalid bulk length") || message.contains("exceeds maximum allowed size")
            || message.contains("too big mbulk count") || message.contains("too big bulk count")
    }

    /// The server's words, and what to do about them.
    public var explained: String {
        meaning.advice.map { "\(message); \($0)" } ?? message
    }
}
