import Foundation

/// What docs/security.md says of the rights that a consumer and a producer need.
enum SecurityPage {
    /// The two lines of the page that set rights, `consumer` and `producer`, in one of several groups.
    struct Rights {
        /// The words behind the user's name.
        let consumer: [String]
        let producer: [String]
    }

    struct Missing: Error {
        let what: String
    }

    static var text: String {
        get throws {
            let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../docs/security.md")
            return try String(contentsOf: page.standardizedFileURL, encoding: .utf8)
        }
    }

    /// The rights in RabbitMQ: three patterns each.
    static func rabbitRights(withExchange: Bool) throws -> Rights {
        try rights("rabbitmqctl set_permissions -p / ", group: withExchange ? 1 : 0) { words in
            words.map { $0.trimmingCharacters(in: ["'"]) }
        }
    }

    /// The rights in Redis: the rules of `ACL SETUSER`.
    static func redisRights() throws -> Rights {
        try rights("ACL SETUSER ", group: 0) { $0 }
    }

    private static func rights(_ command: String, group: Int, _ read: ([String]) -> [String]) throws -> Rights {
        func line(_ user: String) throws -> [String] {
            let lines = try text.split(separator: "\n").filter { $0.hasPrefix(command + user + " ") }
            guard lines.count > group else { throw Missing(what: command + user) }
            return read(lines[group].dropFirst(command.count).split(separator: " ").dropFirst().map(String.init))
        }
        return Rights(consumer: try line("mlserving-consumer"), producer: try line("mlserving-producer"))
    }
}
