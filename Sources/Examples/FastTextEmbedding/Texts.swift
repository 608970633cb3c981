/// What an embedding is asked for: one text, or a list of them.
///
/// Encoded it is a plain string or a plain list of strings, so a client needs no type of ours: one of `String` inputs asks for single
/// texts, one of `[String]` inputs for whole lists, and a program in another language sends just that.
public enum Texts: Sendable, Hashable {
    /// One text.
    case one(String)
    /// Several texts, which are answered in their order.
    case list([String])
}

extension Texts: Codable {
    /// Reads a string or a list of strings.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .one(text)
        } else {
            do {
                self = .list(try container.decode([String].self))
            } catch DecodingError.typeMismatch(_, let context) {
                let explanation = "neither a text nor a list of texts"
                throw DecodingError.typeMismatch(Texts.self, .init(codingPath: context.codingPath, debugDescription: explanation))
            }
        }
    }

    /// Writes a string or a list of strings.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .one(let text): try container.encode(text)
        case .list(let texts): try container.encode(texts)
        }
    }
}
