/// What a text, or a list of texts, is answered with: encoded, plain lists.
enum FastTextAnswer: Encodable {
    /// A label and how sure the model is of it.
    struct Label: Encodable {
        let label: String
        let probability: Float
    }

    case vector([Float])
    case vectors([[Float]])
    case labels([Label])
    case labelLists([[Label]])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .vector(let vector): try container.encode(vector)
        case .vectors(let vectors): try container.encode(vectors)
        case .labels(let labels): try container.encode(labels)
        case .labelLists(let lists): try container.encode(lists)
        }
    }
}
