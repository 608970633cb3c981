extension MessagePackRaw: Codable {
    /// Copies the encoded value into the output of a ``MessagePackEncoder``; throws with any other encoder.
    public func encode(to encoder: any Encoder) throws {
        guard encoder is SinkEncoder else {
            let description = "only MessagePackEncoder can encode a value that is encoded already"
            throw EncodingError.invalidValue(self, .init(codingPath: encoder.codingPath, debugDescription: description))
        }
        var container = encoder.singleValueContainer()
        try container.encode(self)
    }

    /// Copies the encoded value out of the input of a ``MessagePackDecoder``; throws with any other decoder.
    public init(from decoder: any Decoder) throws {
        guard decoder is StateDecoder else {
            let description = "only MessagePackDecoder can hand out a value in encoded form"
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: description))
        }
        self = try decoder.singleValueContainer().decode(MessagePackRaw.self)
    }
}

extension MessagePackRaw {
    /// Encodes `value`.
    public init<Value: Encodable>(encoding value: Value) throws {
        self.init(unchecked: try MessagePackEncoder().encode(value))
    }

    /// Decodes the value.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, limits: MessagePackLimits = .default) throws -> Value {
        try MessagePackDecoder(limits: limits).decode(type, from: bytes)
    }
}
