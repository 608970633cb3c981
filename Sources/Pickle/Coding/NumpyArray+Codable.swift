extension NumpyArray: Codable {
    private enum CodingKeys: String, CodingKey {
        case shape
        case values
    }

    /// Encodes the shape and the elements. ``PickleEncoder`` writes a numpy array instead.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.shape, forKey: .shape)
        try container.encode((0..<self.count).map { self.element(at: $0) ?? .none }, forKey: .values)
    }

    /// Decodes a numpy array from a pickle, and from other formats an array of `float64` from its shape and its elements.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? PickleValueDecoder {
            guard case .array(let array) = decoder.value else { throw decoder.mismatch(NumpyArray.self) }
            self = array
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let shape = try container.decode([Int].self, forKey: .shape)
        do {
            self = try NumpyArray(try container.decode([Double].self, forKey: .values), shape: shape)
        } catch let error as PickleError {
            throw DecodingError.dataCorruptedError(forKey: .values, in: container, debugDescription: error.message)
        }
    }

    /// Encodes the elements as arrays nested as deep as the array has dimensions.
    func encodeNested(to encoder: any Encoder) throws {
        guard let length = self.shape.first else {
            try (self.element(at: 0) ?? .none).encode(to: encoder)
            return
        }
        var container = encoder.unkeyedContainer()
        for index in 0..<length {
            let element = self.shape.count == 1 ? self.element(at: index) : self.row(index).map { .array($0) }
            try container.encode(element ?? .none)
        }
    }
}

extension NumpyScalar: Codable {
    /// Encodes the plain value. ``PickleEncoder`` writes a numpy scalar instead.
    public func encode(to encoder: any Encoder) throws { try self.value.encode(to: encoder) }

    /// Decodes a numpy scalar from a pickle, and from other formats a `float64`.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? PickleValueDecoder {
            guard case .scalar(let scalar) = decoder.value else { throw decoder.mismatch(NumpyScalar.self) }
            self = scalar
            return
        }
        self.init(try decoder.singleValueContainer().decode(Double.self))
    }
}
