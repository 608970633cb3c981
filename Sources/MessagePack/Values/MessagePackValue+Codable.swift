// This module's coders handle the type themselves. What follows brings it through others, such as JSON, as far as they can express it:
// a map whose keys are not all strings becomes an array of alternating keys and values, binary an array of integers, an extension a
// map of `type` and `bytes`.
extension MessagePackValue: Codable {
    private enum ExtensionKeys: String, CodingKey {
        case type, bytes
    }

    private struct TextKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    /// Encodes the value.
    public func encode(to encoder: any Encoder) throws {
        if encoder is SinkEncoder {
            var container = encoder.singleValueContainer()
            return try container.encode(self)
        }
        switch self {
        case .array(let values):
            var container = encoder.unkeyedContainer()
            try container.encode(contentsOf: values)
        case .map(let entries):
            try encode(entries, to: encoder)
        case .ext(let type, let bytes):
            var container = encoder.container(keyedBy: ExtensionKeys.self)
            try container.encode(type, forKey: .type)
            try container.encode(bytes, forKey: .bytes)
        default:
            var container = encoder.singleValueContainer()
            try encodeScalar(to: &container)
        }
    }

    private func encodeScalar(to container: inout any SingleValueEncodingContainer) throws {
        switch self {
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .uint(let value): try container.encode(value)
        case .float(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .binary(let value): try container.encode(value)
        default: try container.encodeNil()
        }
    }

    private func encode(_ entries: [Entry], to encoder: any Encoder) throws {
        let names = entries.compactMap { entry in
            if case .string(let name) = entry.key { name } else { nil }
        }
        if names.count == entries.count {
            var container = encoder.container(keyedBy: TextKey.self)
            for (name, entry) in zip(names, entries) {
                try container.encode(entry.value, forKey: TextKey(stringValue: name))
            }
        } else {
            var container = encoder.unkeyedContainer()
            for entry in entries {
                try container.encode(entry.key)
                try container.encode(entry.value)
            }
        }
    }

    /// Decodes a value; from decoders other than this module's, whatever they find: null, boolean, integer, number, text, array or map.
    public init(from decoder: any Decoder) throws {
        if decoder is StateDecoder {
            self = try decoder.singleValueContainer().decode(MessagePackValue.self)
        } else if let scalar = try Self.scalar(try decoder.singleValueContainer()) {
            self = scalar
        } else if var container = try? decoder.unkeyedContainer() {
            var values: [MessagePackValue] = []
            while !container.isAtEnd {
                values.append(try container.decode(MessagePackValue.self))
            }
            self = .array(values)
        } else {
            let container = try decoder.container(keyedBy: TextKey.self)
            self = .map(
                try container.allKeys.map { key in
                    Entry(.string(key.stringValue), try container.decode(MessagePackValue.self, forKey: key))
                })
        }
    }

    /// The first type that accepts the value, strictest first.
    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> MessagePackValue? {
        if container.decodeNil() { return .nil }
        if let value = try? container.decode(Bool.self) { return .bool(value) }
        if let value = try? container.decode(Int64.self) { return .int(value) }
        if let value = try? container.decode(UInt64.self) { return .uint(value) }
        if let value = try? container.decode(Double.self) { return .double(value) }
        if let value = try? container.decode(String.self) { return .string(value) }
        return nil
    }
}
