/// A number as it was encoded.
enum EncodedNumber {
    case signed(Int64)
    case unsigned(UInt64)
    case float(Float)
    case double(Double)
}

extension ByteScanner {
    /// The next number in the width it was encoded in.
    mutating func readNumber(expected: String) throws(MessagePackError) -> EncodedNumber {
        let tag = try peekTag()
        if tag < 0x80 || tag >= Tag.negativeFixInteger {
            offset += 1
            return .signed(Int64(Int8(bitPattern: tag)))
        }
        guard tag >= Tag.float32, tag <= Tag.signed64 else { throw .mismatch(at: offset, expected: expected, tag: tag) }
        offset += 1
        switch tag {
        case Tag.float32: return .float(Float(bitPattern: try load(UInt32.self)))
        case Tag.float64: return .double(Double(bitPattern: try load(UInt64.self)))
        case Tag.unsigned8: return .signed(Int64(try load(UInt8.self)))
        case Tag.unsigned16: return .signed(Int64(try load(UInt16.self)))
        case Tag.unsigned32: return .signed(Int64(try load(UInt32.self)))
        case Tag.unsigned64:
            let value = try load(UInt64.self)
            return value > UInt64(Int64.max) ? .unsigned(value) : .signed(Int64(value))
        case Tag.signed8: return .signed(Int64(try load(Int8.self)))
        case Tag.signed16: return .signed(Int64(try load(Int16.self)))
        case Tag.signed32: return .signed(Int64(try load(Int32.self)))
        default: return .signed(try load(Int64.self))
        }
    }

    /// The next number as an integer; a floating-point number is accepted if it has no fraction.
    @inline(__always)
    mutating func readInteger<Value: FixedWidthInteger>(as type: Value.Type) throws(MessagePackError) -> Value {
        if offset < end {
            let tag = base.load(fromByteOffset: offset, as: UInt8.self)
            if tag < 0x80 {
                offset += 1
                return Value(truncatingIfNeeded: tag)
            }
        }
        return try readWideInteger(as: type)
    }

    private mutating func readWideInteger<Value: FixedWidthInteger>(as type: Value.Type) throws(MessagePackError) -> Value {
        let start = offset
        switch try readNumber(expected: "integer") {
        case .signed(let number):
            guard let value = Value(exactly: number) else { throw .outOfRange(at: start, number, type) }
            return value
        case .unsigned(let number):
            guard let value = Value(exactly: number) else { throw .outOfRange(at: start, number, type) }
            return value
        case .float(let number):
            guard let value = Value(exactly: number) else { throw .outOfRange(at: start, number, type) }
            return value
        case .double(let number):
            guard let value = Value(exactly: number) else { throw .outOfRange(at: start, number, type) }
            return value
        }
    }

    /// The next number; an integer of more than 53 bits is rounded to nearest, as JSON and Python read it.
    @inline(__always)
    mutating func readDouble() throws(MessagePackError) -> Double {
        if end - offset >= 9, base.load(fromByteOffset: offset, as: UInt8.self) == Tag.float64 {
            let bits = base.loadUnaligned(fromByteOffset: offset + 1, as: UInt64.self)
            offset += 9
            return Double(bitPattern: UInt64(bigEndian: bits))
        }
        return try readOtherDouble()
    }

    private mutating func readOtherDouble() throws(MessagePackError) -> Double {
        switch try readNumber(expected: "double") {
        case .signed(let number): return Double(number)
        case .unsigned(let number): return Double(number)
        case .float(let number): return Double(number)
        case .double(let number): return number
        }
    }

    /// The next number, rounded to nearest if a `Float` does not represent it.
    @inline(__always)
    mutating func readFloat() throws(MessagePackError) -> Float {
        if end - offset >= 5, base.load(fromByteOffset: offset, as: UInt8.self) == Tag.float32 {
            let bits = base.loadUnaligned(fromByteOffset: offset + 1, as: UInt32.self)
            offset += 5
            return Float(bitPattern: UInt32(bigEndian: bits))
        }
        return try readOtherFloat()
    }

    private mutating func readOtherFloat() throws(MessagePackError) -> Float {
        let start = offset
        switch try readNumber(expected: "float") {
        case .signed(let number): return Float(number)
        case .unsigned(let number): return Float(number)
        case .float(let number): return number
        case .double(let number):
            let value = Float(number)
            // Rounding is welcome (Python has no 32-bit floats), a finite number that becomes infinite is not.
            guard value.isFinite || !number.isFinite else { throw .outOfRange(at: start, number, Float.self) }
            return value
        }
    }
}
