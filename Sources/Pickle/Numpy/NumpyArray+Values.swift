extension NumpyArray {
    /// The elements as Swift numbers or truth values, in row-major order.
    ///
    /// The same type is copied in one piece. Other numeric types are converted: to integers exactly, to floating-point
    /// numbers with rounding.
    ///
    /// - Throws: ``PickleError`` with ``PickleError/Code/notRepresentable`` for text, bytes, objects that are not numbers, and
    ///   numbers that do not fit.
    public func values<Element: NumpyElement>(as type: Element.Type = Element.self) throws(PickleError) -> [Element] {
        if Element.numpyElementType == self.elementType { return self.copied() }
        return switch self.elementType {
        case .bool, .uint8: try self.converted { (value: UInt8) in Element(converting: Int64(value)) }
        case .int8: try self.converted { (value: Int8) in Element(converting: Int64(value)) }
        case .int16: try self.converted { (value: Int16) in Element(converting: Int64(value)) }
        case .int32: try self.converted { (value: Int32) in Element(converting: Int64(value)) }
        case .int64: try self.converted { (value: Int64) in Element(converting: value) }
        case .uint16: try self.converted { (value: UInt16) in Element(converting: Int64(value)) }
        case .uint32: try self.converted { (value: UInt32) in Element(converting: Int64(value)) }
        case .uint64: try self.converted { (value: UInt64) in Element(converting: value) }
        case .float16: try self.converted { (bits: UInt16) in Element(converting: Double(Float16(bitPattern: bits))) }
        case .float32: try self.converted { (bits: UInt32) in Element(converting: Double(Float(bitPattern: bits))) }
        case .float64: try self.converted { (bits: UInt64) in Element(converting: Double(bitPattern: bits)) }
        case .object: try Element.numbers(in: self.objects)
        case .bytes, .unicode: throw PickleError(.notRepresentable, "an array of \(self.elementType) has no numbers")
        }
    }

    /// The elements of an array of text, or of objects that are all text, in row-major order, without the padding.
    ///
    /// - Throws: ``PickleError`` with ``PickleError/Code/notRepresentable`` for other arrays and
    ///   ``PickleError/Code/invalidText`` for code units that are not Unicode scalar values.
    public func strings() throws(PickleError) -> [String] {
        switch self.elementType {
        case .unicode, .object:
            var strings: [String] = []
            strings.reserveCapacity(self.count)
            for index in 0..<self.count {
                switch self.element(at: index) {
                case .string(let string): strings.append(string)
                case nil: throw PickleError(.invalidText, "element \(index) is not Unicode text")
                case let other?: throw PickleError(.notRepresentable, "element \(index) is a \(other.typeName), not text")
                }
            }
            return strings
        default: throw PickleError(.notRepresentable, "an array of \(self.elementType) has no text")
        }
    }

    /// The element at a position in row-major order as a plain value.
    ///
    /// - Returns: nil if the position is out of range or the element is not Unicode text although its type is.
    public func element(at position: Int) -> PickleValue? {
        guard position >= 0, position < self.count else { return nil }
        if self.elementType == .object { return self.objects[position] }
        let size = self.elementType.size
        return self.bytes.withUnsafeBufferPointer { bytes in
            self.elementType.value(
                of: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[position * size..<(position + 1) * size]))
        }
    }

    private func copied<Element: NumpyElement>() -> [Element] {
        // Invariant: the element type is the one of Element, which has the same size and bytes; truth values are 0 or 1.
        [Element](unsafeUninitializedCapacity: self.count) { target, initialized in
            self.bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
            initialized = self.count
        }
    }

    @inline(__always)
    private func converted<Raw: FixedWidthInteger, Element: NumpyElement>(
        _ convert: (Raw) -> Element?
    ) throws(PickleError) -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(self.count)
        let complete = self.bytes.withUnsafeBytes { bytes in
            for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Raw>.size) {
                guard let element = convert(bytes.loadUnaligned(fromByteOffset: offset, as: Raw.self)) else { return false }
                elements.append(element)
            }
            return true
        }
        guard complete else {
            throw PickleError(.notRepresentable, "element \(elements.count) of \(self.elementType) is not a \(Element.self)")
        }
        return elements
    }
}

extension NumpyElement {
    /// Converts plain numbers.
    static func numbers(in values: [PickleValue]) throws(PickleError) -> [Self] {
        var numbers: [Self] = []
        numbers.reserveCapacity(values.count)
        for value in values {
            guard let number = Self(value) else {
                throw PickleError(.notRepresentable, "element \(numbers.count), a \(value.typeName), is not a \(Self.self)")
            }
            numbers.append(number)
        }
        return numbers
    }
}

extension NumpyElementType {
    /// The plain value of one element, or nil if it is not Unicode text although the type is.
    ///
    /// - Parameter bytes: as many little-endian bytes as the type has.
    func value(of bytes: UnsafeRawBufferPointer) -> PickleValue? {
        switch self {
        case .bool: return .bool(bytes[0] != 0)
        case .int8: return .int(Int64(bytes.loadUnaligned(as: Int8.self)))
        case .int16: return .int(Int64(bytes.loadUnaligned(as: Int16.self)))
        case .int32: return .int(Int64(bytes.loadUnaligned(as: Int32.self)))
        case .int64: return .int(bytes.loadUnaligned(as: Int64.self))
        case .uint8: return .int(Int64(bytes[0]))
        case .uint16: return .int(Int64(bytes.loadUnaligned(as: UInt16.self)))
        case .uint32: return .int(Int64(bytes.loadUnaligned(as: UInt32.self)))
        case .uint64: return .integer(bytes.loadUnaligned(as: UInt64.self))
        case .float16: return .float(Double(Float16(bitPattern: bytes.loadUnaligned(as: UInt16.self))))
        case .float32: return .float(Double(Float(bitPattern: bytes.loadUnaligned(as: UInt32.self))))
        case .float64: return .float(Double(bitPattern: bytes.loadUnaligned(as: UInt64.self)))
        case .bytes: return .bytes(Array(bytes.prefix((bytes.lastIndex { $0 != 0 } ?? -1) + 1)))
        case .unicode(let count):
            var length = count
            while length > 0, bytes.loadUnaligned(fromByteOffset: length * 4 - 4, as: UInt32.self) == 0 { length -= 1 }
            var text = String.UnicodeScalarView()
            for index in 0..<length {
                guard let scalar = Unicode.Scalar(bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)) else { return nil }
                text.append(scalar)
            }
            return .string(String(text))
        case .object: return nil
        }
    }
}
