/// What a request says beside its input: read from its headers, which anybody may have written.
struct RequestContent: Sendable, Equatable {
    /// How long the result is to be kept; `nil`: the request does not say.
    var resultTimeToLive: Duration?
    /// What the predictor is told beside the input.
    var parameters: [String: ParameterValue] = [:]
    /// What the caller has noted.
    var metadata: [String: String] = [:]

    /// Nothing.
    init() {}

    /// - Throws: ``ServingError`` with `malformed_request` for headers of another form.
    init(_ headers: MessageHeaders) throws(ServingError) {
        // Most requests have none of them, and one walk finds that out.
        for (name, value) in headers where name.utf8.count >= MessageHeader.metadata.utf8.count {
            switch name {
            case MessageHeader.resultTimeToLive:
                guard let milliseconds = value.integer, milliseconds > 0 else { throw Self.malformed(name, "is no positive number") }
                resultTimeToLive = .milliseconds(min(milliseconds, 31_536_000_000))
            case MessageHeader.parameters:
                parameters = try Self.table(name, value, of: "a boolean, a number or text") { ParameterValue($0) }
            case MessageHeader.metadata:
                metadata = try Self.table(name, value, of: "text") { $0.string }
            default:
                break
            }
        }
    }

    /// Reads a table whose values are all of one kind.
    private static func table<Value>(
        _ name: String, _ header: HeaderValue, of kind: String, _ read: (HeaderValue) -> Value?
    ) throws(ServingError) -> [String: Value] {
        guard case .table(let entries) = header else { throw malformed(name, "is no table") }
        var values: [String: Value] = [:]
        values.reserveCapacity(entries.count)
        for (key, entry) in entries {
            guard let value = read(entry) else { throw malformed(name, "has a value that is not \(kind): \(key)") }
            values[key] = value
        }
        return values
    }

    private static func malformed(_ name: String, _ what: String) -> ServingError {
        ServingError(code: .malformedRequest, message: "the header \(name) \(what)")
    }
}
