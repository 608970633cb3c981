/// Where a server listens.
public struct ServerNode: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address.
    public var host: String

    /// The TCP port.
    public var port: UInt16

    /// Makes a node.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`; an IPv6 address stands in brackets.
    ///
    /// - Returns: `nil` for all else, URLs among it.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let port = UInt16(digits), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.unicodeScalars.allSatisfy(Self.mayBeInHosts) else { return nil }
        self.init(host: String(host), port: port)
    }

    private static func mayBeInHosts(_ character: Unicode.Scalar) -> Bool {
        switch character {
        case "@", "/", "?", "#", "\\", "[", "]", "(", ")", ",", "\"", "'": false
        default: !character.properties.isWhitespace && character.properties.generalCategory != .control
        }
    }

    /// `host:port`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
