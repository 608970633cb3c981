/// Finds requests that a consumer holds by what they are known by: their identity, and the name that cancels them.
struct HeldRequestIndex {
    private var identities: [RequestIdentity: UInt64] = [:]
    /// Several requests may name one result key.
    private var cancelNames: [String: Set<UInt64>] = [:]

    /// The request with an identity.
    func request(_ identity: RequestIdentity) -> UInt64? {
        identities[identity]
    }

    /// The requests that a mark cancels.
    func requests(cancelledBy name: String) -> Set<UInt64> {
        cancelNames[name] ?? []
    }

    /// Adds a request. An identity that is taken stays with the request that has it.
    mutating func insert(_ key: UInt64, identity: RequestIdentity?, cancelName: String?) {
        if let identity, identities[identity] == nil { identities[identity] = key }
        if let cancelName { cancelNames[cancelName, default: []].insert(key) }
    }

    /// Forgets a request.
    mutating func remove(_ key: UInt64, identity: RequestIdentity?, cancelName: String?) {
        if let identity, identities[identity] == key { identities[identity] = nil }
        guard let cancelName else { return }
        cancelNames[cancelName]?.remove(key)
        if cancelNames[cancelName]?.isEmpty == true { cancelNames[cancelName] = nil }
    }
}
