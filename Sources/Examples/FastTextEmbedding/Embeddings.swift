/// The answer to ``Texts``: a vector for one text, a list of vectors for a list.
///
/// Encoded it is a plain list of numbers, or a plain list of such lists.
public enum Embeddings: Sendable, Hashable {
    /// The vector of one text.
    case one([Float])
    /// The vectors of several texts, in the order of the texts.
    case list([[Float]])
}

extension Embeddings: Codable {
    /// Reads a list of numbers or a list of such lists; an empty list is taken for no vectors.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let vectors = try? container.decode([[Float]].self) {
            self = .list(vectors)
        } else {
            self = .one(try container.decode([Float].self))
        }
    }

    /// Writes a list of numbers or a list of such lists.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .one(let vector): try container.encode(vector)
        case .list(let vectors): try container.encode(vectors)
        }
    }
}
