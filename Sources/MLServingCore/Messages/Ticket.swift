/// Names a request that was submitted, so that any process can read its result later.
///
/// As text it can be handed on in a URL, a cookie or a database.
public struct Ticket: Sendable, Hashable, Codable, LosslessStringConvertible {
    /// The key under which the result is stored.
    public let key: String

    /// Makes a ticket from its text.
    ///
    /// - Returns: `nil` when the text cannot be a result key: empty, longer than 512 bytes, or with control characters.
    public init?(_ description: String) {
        guard !description.isEmpty, description.utf8.count <= 512, description.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return nil
        }
        key = description
    }

    init(key: String) {
        self.key = key
    }

    /// The ticket as text.
    public var description: String { key }

    /// Reads the text.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let ticket = Ticket(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a ticket"))
        }
        self = ticket
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(key)
    }
}
