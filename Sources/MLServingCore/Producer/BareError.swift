/// What stands in place of the output when a request of the template's failed: `{"error": {"code": …, "message": …, "retryable": …}}`.
struct BareError: Codable {
    /// What tells such an answer from most others without reading it: near its start it names its only member.
    static let name = [UInt8]("error".utf8)
    static let longestStart = 64

    private struct AnyKey: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private enum CodingKeys: CodingKey {
        case error
    }

    let error: ErrorMember

    init(_ error: ServingError) {
        self.error = ErrorMember(error)
    }

    /// Reads an error that stands alone, with all its members; anything else is an output.
    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: AnyKey.self).allKeys
        let container = try decoder.container(keyedBy: CodingKeys.self)
        error = try container.decode(ErrorMember.self, forKey: .error)
        guard members.count == 1, error.retryable != nil else {
            throw DecodingError.dataCorruptedError(forKey: .error, in: container, debugDescription: "an output, not an error")
        }
    }
}
