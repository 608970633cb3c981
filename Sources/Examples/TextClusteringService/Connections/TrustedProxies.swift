/// The proxies in front of the service, whose word on the client's address counts.
public struct TrustedProxies: Sendable, Hashable {
    private let prefixes: [NetworkPrefix]

    /// No proxies: the client is whoever connects.
    public static let none = TrustedProxies(prefixes: [])

    private init(prefixes: [NetworkPrefix]) {
        self.prefixes = prefixes
    }

    /// Reads addresses and ranges in CIDR notation, separated by spaces or commas, such as `10.0.0.0/8 ::1`; `nil` where one is neither.
    public init?(_ text: String) {
        var prefixes: [NetworkPrefix] = []
        for item in text.split(whereSeparator: { $0 == " " || $0 == "," }) {
            guard let prefix = NetworkPrefix(item) else { return nil }
            prefixes.append(prefix)
        }
        self.init(prefixes: prefixes)
    }

    /// Whether an address is that of a proxy.
    func contains(_ address: NetworkAddress) -> Bool {
        prefixes.contains { $0.contains(address) }
    }

    /// The address of the client that a request comes from: the rightmost in the headers that is no proxy.
    ///
    /// Everything to the left of it was written by the client and proves nothing. Headers count only if the peer itself is a proxy. If both
    /// kinds of headers are present and name different clients, a proxy has let one of them pass, and neither counts.
    ///
    /// - Parameters:
    ///   - peer: The other end of the connection.
    ///   - forwardedFor: The values of `X-Forwarded-For`.
    ///   - forwarded: The values of `Forwarded` (RFC 7239).
    func client(of peer: NetworkAddress, forwardedFor: [String], forwarded: [String]) -> NetworkAddress {
        guard contains(peer) else { return peer }
        let named = forwardedFor.flatMap { $0.split(separator: ",").map { Self.address(ofNode: $0) } }
        let described = forwarded.flatMap { Self.elements(of: $0).map(Self.sender) }
        switch (named.isEmpty, described.isEmpty) {
        case (true, true): return peer
        case (false, true): return client(in: named, peer: peer)
        case (true, false): return client(in: described, peer: peer)
        case (false, false):
            let client = client(in: named, peer: peer)
            return client == self.client(in: described, peer: peer) ? client : peer
        }
    }

    /// - Parameter chain: The senders from the client to the last proxy but one; `nil` for one that is hidden or malformed.
    private func client(in chain: [NetworkAddress?], peer: NetworkAddress) -> NetworkAddress {
        var nearest = peer
        for address in chain.reversed() {
            guard let address else { return nearest }
            nearest = address
            if !contains(address) { return address }
        }
        return nearest
    }

    /// The elements of a `Forwarded` header, which commas separate that are not in quotes.
    private static func elements(of value: String) -> [Substring] {
        var isQuoted = false
        return value.split { character in
            if character == "\"" { isQuoted.toggle() }
            return character == "," && !isQuoted
        }
    }

    /// The address behind `for=` in an element of `Forwarded`.
    private static func sender(_ element: Substring) -> NetworkAddress? {
        for pair in element.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmed.lowercased() == "for" else { continue }
            return address(ofNode: parts[1])
        }
        return nil
    }

    /// An address with or without port, brackets and quotes.
    private static func address(ofNode text: Substring) -> NetworkAddress? {
        var node = text.trimmed
        if node.first == "\"", node.last == "\"", node.count > 1 { node = node.dropFirst().dropLast() }
        if node.first == "[" { return NetworkAddress(node.dropFirst().prefix { $0 != "]" }) }
        // One colon stands before a port; an IPv6 address has more.
        if node.count(where: { $0 == ":" }) == 1 { node = node.prefix { $0 != ":" } }
        return NetworkAddress(node)
    }
}

extension Substring {
    /// Without space at both ends.
    fileprivate var trimmed: Substring {
        var text = self.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
