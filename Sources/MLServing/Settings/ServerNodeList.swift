/// Servers, as they are written: `(host:port host:port …)`.
struct ServerNodeList {
    /// Why a text is no list of servers. Shows no part of a URL or of what may be a password.
    struct Failure: Error {
        let reason: String
    }

    private static let expected = "(host:port host:port …)"

    let nodes: [ServerNode]

    /// Reads a text.
    ///
    /// - Parameter key: Whose value it is.
    init(_ text: String, key: String) throws(Failure) {
        // A URL, or a user before the host.
        if text.contains("://") || text.contains("@") { throw Failure(reason: Self.advice(for: key)) }
        var list = text[...]
        if list.first == "(" || list.last == ")" {
            guard list.first == "(", list.last == ")", list.count >= 2 else { throw Self.malformed(text) }
            list = list.dropFirst().dropLast()
        }
        var nodes: [ServerNode] = []
        for word in list.split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
            guard let node = ServerNode(String(word)) else { throw Self.malformed(text) }
            nodes.append(node)
        }
        guard !nodes.isEmpty else { throw Self.malformed(text) }
        self.nodes = nodes
    }

    private static func malformed(_ text: String) -> Failure {
        let words = text.split { $0.isWhitespace || $0 == "," || $0 == "(" || $0 == ")" }
        let isShown = text.utf8.count <= 200 && !text.mayHoldPassword && words.allSatisfy { mayBeShown($0) }
        return Failure(reason: isShown ? "\"\(text)\" is not \(expected)" : "the value, which is not shown, is not \(expected)")
    }

    /// Whether a word is a host, or a host and a number: behind a colon there could be a password.
    private static func mayBeShown(_ word: Substring) -> Bool {
        let isPlain = word.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && !["/", "=", "%"].contains($0) }
        let parts = word.split(separator: ":", omittingEmptySubsequences: false).dropFirst()
        return isPlain
            && (word.hasPrefix("[") || parts.allSatisfy { $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } })
    }

    private static func advice(for key: String) -> String {
        let start = "is a URL, or has a user in it (the value is not shown); expected \(expected)."
        if key.hasPrefix("RABBIT") {
            return start + " User and password go into RABBIT_USER and RABBIT_PASSWORD, the virtual host into RABBIT_VHOST"
        }
        if key.hasPrefix("REDIS_SENTINEL") { return start + " User and password go into REDIS_SENTINEL_USER and REDIS_SENTINEL_PASSWORD" }
        return start + " User and password go into REDIS_USER and REDIS_PASSWORD, the database into REDIS_DATABASE"
    }
}
