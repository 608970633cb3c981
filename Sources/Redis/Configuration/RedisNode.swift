/// Where a Redis server listens.
public struct RedisNode: Sendable, Hashable, CustomStringConvertible {
    /// The port that Redis listens on unless told otherwise.
    public static let defaultPort: UInt16 = 6379

    /// A host name or an IP address; an IPv6 address without brackets.
    public var host: String
    /// The TCP port.
    public var port: UInt16

    /// Makes a node of a host and a port.
    public init(host: String, port: UInt16 = RedisNode.defaultPort) {
        self.host = host
        self.port = port
    }

    /// Reads `host`, `host:port`, `[IPv6]:port` or a bare IPv6 address; `nil` for anything else.
    public init?(_ text: String) {
        guard let (host, port) = Self.split(text), !host.isEmpty else { return nil }
        guard let port else {
            self.init(host: host)
            return
        }
        guard let number = UInt16(port), number > 0 else { return nil }
        self.init(host: host, port: number)
    }

    /// `host:port`.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func split(_ text: String) -> (host: String, port: String?)? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            if rest.isEmpty { return (host, nil) }
            return rest.hasPrefix(":") ? (host, String(rest.dropFirst())) : nil
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return (text, nil)
        case 2: return (String(parts[0]), String(parts[1]))
        default: return (text, nil)
        }
    }
}
