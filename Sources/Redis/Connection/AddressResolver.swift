/// Looks host names up, which may take half a minute.
enum AddressResolver {
    /// All addresses of a node.
    nonisolated(nonsending) static func addresses(of node: RedisNode, within time: LoopDeadline) async throws -> [SocketAddress] {
        if let numeric = try? SocketAddress.resolve(node, numericOnly: true) { return numeric }
        return try await BlockingCall.run(within: time) { try SocketAddress.resolve(node, numericOnly: false) }
    }
}
