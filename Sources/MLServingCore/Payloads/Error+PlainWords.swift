internal import JSON
internal import MessagePack

extension Error {
    /// What is wrong, in words for whoever wrote the value: where in it, and what, without the names of Swift's own errors.
    package var plainWords: String {
        switch self {
        case let error as ServingError: return error.message
        case let error as DecodingError: return error.words
        default: return "\(self)"
        }
    }
}

extension DecodingError {
    fileprivate var words: String {
        let (context, what): (Context, String) =
            switch self {
            case .typeMismatch(let type, let context): (context, "expected \(Self.name(of: type))")
            case .valueNotFound(let type, let context): (context, "expected \(Self.name(of: type)), found nothing")
            case .keyNotFound(let key, let context): (context, "no member \"\(key.stringValue)\"")
            case .dataCorrupted(let context): (context, "malformed")
            @unknown default: (Context(codingPath: [], debugDescription: "no more is known"), "undecodable")
            }
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        return "\(what)\(path.isEmpty ? "" : " at \(path)") (\(Self.detail(of: context)))"
    }

    /// What a format says of its bytes, or the decoder of the value.
    private static func detail(of context: Context) -> String {
        switch context.underlyingError {
        case let error as JSONError: "\(error.message), line \(error.line), column \(error.column)"
        case let error as MessagePackError: "\(error.message), at byte \(error.byteOffset)"
        default: context.debugDescription
        }
    }

    /// What a type is called where nobody knows Swift.
    private static func name(of type: Any.Type) -> String {
        switch type {
        case is any StringProtocol.Type: "a text"
        case is any BinaryInteger.Type: "an integer"
        case is any BinaryFloatingPoint.Type: "a number"
        case is Bool.Type: "true or false"
        default:
            switch "\(type)".prefix(while: { $0 != "<" }) {
            case "Array", "ArraySlice", "ContiguousArray", "Set": "a list"
            case "Dictionary": "a map"
            default: "something else"
            }
        }
    }
}
