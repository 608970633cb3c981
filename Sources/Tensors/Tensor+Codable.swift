extension Tensor: Codable {
    private enum CodingKeys: CodingKey {
        case shape, type, data
    }

    /// Encodes a map of `shape`, `type` (such as `"FP32"`) and `data`, the elements in one array: numbers, truth values, and texts for byte
    /// strings that are UTF-8. MessagePack gets an extension instead, and pickle a numpy array.
    ///
    /// JSON has no form for infinities and NaN; its encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(shape, forKey: .shape)
        try container.encode(elementType.description, forKey: .type)
        switch elementType {
        case .bool: try container.encode(elements(of: Bool.self), forKey: .data)
        case .int8: try container.encode(elements(of: Int8.self), forKey: .data)
        case .int16: try container.encode(elements(of: Int16.self), forKey: .data)
        case .int32: try container.encode(elements(of: Int32.self), forKey: .data)
        case .int64: try container.encode(elements(of: Int64.self), forKey: .data)
        // An array of these would become binary data where a format has it.
        case .uint8: try container.encode(elements(of: UInt8.self).map { UInt16($0) }, forKey: .data)
        case .uint16: try container.encode(elements(of: UInt16.self), forKey: .data)
        case .uint32: try container.encode(elements(of: UInt32.self), forKey: .data)
        case .uint64: try container.encode(elements(of: UInt64.self), forKey: .data)
        case .float16: try container.encode(halves(), forKey: .data)
        case .bfloat16: try container.encode(elements(of: BFloat16.self).map { Float($0) }, forKey: .data)
        case .float32: try container.encode(elements(of: Float.self), forKey: .data)
        case .float64: try container.encode(elements(of: Double.self), forKey: .data)
        case .bytes:
            let strings = try byteStrings()
            let texts = strings.compactMap { String(validating: $0, as: UTF8.self) }
            if texts.count == strings.count {
                try container.encode(texts, forKey: .data)
            } else {
                try container.encode(strings.map { $0.map { UInt16($0) } }, forKey: .data)
            }
        }
    }

    /// Decodes what ``encode(to:)`` encodes.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let shape = try container.decode([Int].self, forKey: .shape)
        let name = try container.decode(String.self, forKey: .type)
        guard let type = TensorElementType(name) else {
            throw DecodingError.dataCorruptedError(forKey: .type, in: container, debugDescription: "there is no element type \(name)")
        }
        func numbers<Element: TensorElement & Decodable>(_: Element.Type) throws -> Tensor {
            try Tensor(container.decode([Element].self, forKey: .data), shape: shape)
        }
        do {
            switch type {
            case .bool: self = try numbers(Bool.self)
            case .int8: self = try numbers(Int8.self)
            case .int16: self = try numbers(Int16.self)
            case .int32: self = try numbers(Int32.self)
            case .int64: self = try numbers(Int64.self)
            case .uint8: self = try numbers(UInt8.self)
            case .uint16: self = try numbers(UInt16.self)
            case .uint32: self = try numbers(UInt32.self)
            case .uint64: self = try numbers(UInt64.self)
            case .float16: self = try Tensor(halves: container.decode([Float].self, forKey: .data), shape: shape)
            case .bfloat16: self = try Tensor(container.decode([Float].self, forKey: .data).map(Self.brainFloat), shape: shape)
            case .float32: self = try numbers(Float.self)
            case .float64: self = try numbers(Double.self)
            case .bytes:
                let texts = try? container.decode([String].self, forKey: .data)
                let strings = try texts.map { $0.map { [UInt8]($0.utf8) } } ?? container.decode([[UInt8]].self, forKey: .data)
                self = try Tensor(byteStrings: strings, shape: shape)
            }
        } catch let error as TensorError {
            throw DecodingError.dataCorruptedError(forKey: .data, in: container, debugDescription: error.message)
        }
    }

    /// The nearest number; an error beyond the largest.
    private static func brainFloat(_ number: Float) throws(TensorError) -> BFloat16 {
        let short = BFloat16(number)
        guard Float(short).isFinite || !number.isFinite else { throw TensorError("\(number) is beyond the largest BF16") }
        return short
    }

    private func halves() throws -> [Float] {
        #if !(os(macOS) && arch(x86_64))
        return try elements(of: Float16.self).map { Float($0) }
        #else
        throw TensorError("this platform has no FP16")
        #endif
    }

    private init(halves: [Float], shape: [Int]) throws {
        #if !(os(macOS) && arch(x86_64))
        let elements = try halves.map { number in
            let half = Float16(number)
            guard half.isFinite || !number.isFinite else { throw TensorError("\(number) is beyond the largest FP16") }
            return half
        }
        try self.init(elements, shape: shape)
        #else
        throw TensorError("this platform has no FP16")
        #endif
    }
}
