/// The sentinels that tell which Redis server is the master.
public struct SentinelSettings: Sendable, Hashable {
    /// Where the sentinels listen.
    public var nodes: [ServerNode]
    /// The name by which they watch the master.
    public var masterName: String
    /// The ACL user at the sentinels; `nil`: the default user.
    public var user: String?
    /// The password at the sentinels, which is not that of the servers; `nil`: none is asked for.
    public var password: Secret?

    /// Makes settings for sentinels that ask for no password.
    public init(nodes: [ServerNode], masterName: String = "mymaster") {
        self.nodes = nodes
        self.masterName = masterName
    }
}
