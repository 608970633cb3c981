/// The sentinels that know which server is the master.
///
/// They are asked at each connect, and listened to in between. Name all of them: one that is away is passed over.
public struct RedisSentinels: Sendable, Hashable {
    /// The port that sentinels listen on unless told otherwise.
    public static let defaultPort: UInt16 = 26379

    /// The sentinels.
    public var nodes: [RedisNode]
    /// The name by which they watch the master.
    public var masterName: String
    /// The ACL user at the sentinels; `nil` for the default user.
    public var user: String?
    /// The password at the sentinels, which is not that of the servers; `nil` where none is asked for.
    public var password: RedisSecret?

    /// Makes a description of sentinels that want no password.
    public init(nodes: [RedisNode], masterName: String) {
        self.nodes = nodes
        self.masterName = masterName
    }
}
