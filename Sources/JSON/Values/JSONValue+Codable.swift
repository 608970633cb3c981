// This module's coders handle the type themselves. What follows brings it through others, as far as they can express it: a number becomes an
// integer or a Double.
extension JSONValue: Codable {
    /// Encodes the value.
    public func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? ValueEncoder { return try encoder.encode(self) }
        switch self {
        case .array(let values):
            var container = encoder.unkeyedContainer()
            for value in values { try container.encode(value) }
        case .object(let members):
            var container = encoder.container(keyedBy: JSONKey.self)
            for member in members { try container.encode(member.value, forKey: JSONKey(member.name)) }
        default:
            var container = encoder.singleValueContainer()
            try encodeScalar(to: &container)
        }
    }

    private func encodeScalar(to container: inout any SingleValueEncodingContainer) throws {
        switch self {
        case .bool(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .number(let number):
            if number.isInteger, let value = number.integer(Int64.self) {
                try container.encode(value)
            } else if number.isInteger, let value = number.integer(UInt64.self) {
                try container.encode(value)
            } else if let value = number.double {
                try container.encode(value)
            } else {
                throw EncodingError.invalidValue(
                    self, .init(codingPath: container.codingPath, debugDescription: "the number is larger than any Double"))
            }
        default: try container.encodeNil()
        }
    }

    /// Decodes a value; from decoders other than this module's, whatever they find: null, boolean, integer, number, text, array or map.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? NodeDecoder {
            self = decoder.value
        } else if let scalar = try Self.scalar(try decoder.singleValueContainer(), decoder.codingPath) {
            self = scalar
        } else if var container = try? decoder.unkeyedContainer() {
            var values: [JSONValue] = []
            while !container.isAtEnd { values.append(try container.decode(JSONValue.self)) }
            self = .array(values)
        } else {
            let container = try decoder.container(keyedBy: JSONKey.self)
            self = .object(
                try container.allKeys.map { Member($0.stringValue, try container.decode(JSONValue.self, forKey: $0)) })
        }
    }

    /// The first type that accepts the value, strictest first.
    private static func scalar(_ container: any SingleValueDecodingContainer, _ path: [any CodingKey]) throws -> JSONValue? {
        if container.decodeNil() { return .null }
        if let value = try? container.decode(Bool.self) { return .bool(value) }
        if let value = try? container.decode(Int64.self) { return .integer(value) }
        if let value = try? container.decode(UInt64.self) { return .integer(value) }
        if let value = try? container.decode(Double.self) {
            guard let number = JSONNumber(value) else {
                throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: "JSON has no form for \(value)"))
            }
            return .number(number)
        }
        if let value = try? container.decode(String.self) { return .string(value) }
        return nil
    }
}
