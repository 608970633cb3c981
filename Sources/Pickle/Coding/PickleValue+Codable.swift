extension PickleValue: Encodable {
    /// Encodes the plain value. ``PickleEncoder`` writes it as it is; in other formats tuples and sets become arrays, keys text,
    /// binary data an array of integers and numpy arrays nested arrays.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .none:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let value): try value.encode(to: encoder)
        case .int(let value): try value.encode(to: encoder)
        case .bigInteger(let value):
            if let value = UInt64(exactly: value) { try value.encode(to: encoder) } else { try Double(value).encode(to: encoder) }
        case .float(let value): try value.encode(to: encoder)
        case .string(let value): try value.encode(to: encoder)
        case .bytes(let value), .bytearray(let value): try value.encode(to: encoder)
        case .list(let values), .tuple(let values), .set(let values), .frozenset(let values): try values.encode(to: encoder)
        case .scalar(let scalar): try scalar.value.encode(to: encoder)
        case .array(let array): try array.encodeNested(to: encoder)
        case .dictionary(let dictionary):
            var container = encoder.container(keyedBy: PickleNameKey.self)
            for entry in dictionary.entries {
                let name: String
                switch entry.key {
                case .string(let text): name = text
                case .int(let number): name = String(number)
                default:
                    throw EncodingError.invalidValue(
                        entry.key,
                        .init(codingPath: encoder.codingPath, debugDescription: "a key of type \(entry.key.typeName) is not text"))
                }
                try container.encode(entry.value, forKey: PickleNameKey(stringValue: name))
            }
        }
    }
}

extension PickleValue: Decodable {
    /// Decodes any value. ``PickleDecoder`` keeps it as it is; from other formats come plain values.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? PickleValueDecoder {
            self = decoder.value
            return
        }
        if let container = try? decoder.container(keyedBy: PickleNameKey.self) {
            var entries: [PickleDictionary.Entry] = []
            for key in container.allKeys {
                let value = try container.decode(PickleValue.self, forKey: key)
                entries.append(PickleDictionary.Entry(key: .string(key.stringValue), value: value))
            }
            self = .dictionary(PickleDictionary(distinct: entries))
            return
        }
        if var container = try? decoder.unkeyedContainer() {
            var values: [PickleValue] = []
            while !container.isAtEnd { values.append(try container.decode(PickleValue.self)) }
            self = .list(values)
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .none
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(UInt64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .float(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }
}
