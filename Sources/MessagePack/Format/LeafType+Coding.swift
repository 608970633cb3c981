// Invariant of the bit casts below: a leaf type is only ever paired with a `Value` for which `LeafType.of(Value.self)` returned it, so
// both sides are the same type.
extension ByteOutput where Self: ~Copyable {
    /// Writes `value`, whose type is `leaf`.
    mutating func write<Value>(_ value: Value, as leaf: LeafType) throws(LengthError) {
        switch leaf {
        case .bool: write(unsafeBitCast(value, to: Bool.self))
        case .float: write(unsafeBitCast(value, to: Float.self))
        case .double: write(unsafeBitCast(value, to: Double.self))
        case .int: write(integer: unsafeBitCast(value, to: Int.self))
        case .int8: write(integer: unsafeBitCast(value, to: Int8.self))
        case .int16: write(integer: unsafeBitCast(value, to: Int16.self))
        case .int32: write(integer: unsafeBitCast(value, to: Int32.self))
        case .int64: write(integer: unsafeBitCast(value, to: Int64.self))
        case .uint: write(integer: unsafeBitCast(value, to: UInt.self))
        case .uint8: write(integer: unsafeBitCast(value, to: UInt8.self))
        case .uint16: write(integer: unsafeBitCast(value, to: UInt16.self))
        case .uint32: write(integer: unsafeBitCast(value, to: UInt32.self))
        case .uint64: write(integer: unsafeBitCast(value, to: UInt64.self))
        case .string: try writeChecked(unsafeBitCast(value, to: String.self))
        case .value: write(unsafeBitCast(value, to: MessagePackValue.self))
        case .raw: unsafeBitCast(value, to: MessagePackRaw.self).bytes.withUnsafeBytes { write(raw: $0) }
        default: try write(value, asArray: leaf)
        }
    }

    private mutating func write<Value>(_ value: Value, asArray leaf: LeafType) throws(LengthError) {
        switch leaf {
        case .bytes: try checked(unsafeBitCast(value, to: [UInt8].self)).withUnsafeBytes { write(binary: $0) }
        case .bools: write(bulk: try checked(unsafeBitCast(value, to: [Bool].self)))
        case .floats: write(bulk: try checked(unsafeBitCast(value, to: [Float].self)))
        case .doubles: write(bulk: try checked(unsafeBitCast(value, to: [Double].self)))
        case .ints: write(bulk: try checked(unsafeBitCast(value, to: [Int].self)))
        case .int8s: write(bulk: try checked(unsafeBitCast(value, to: [Int8].self)))
        case .int16s: write(bulk: try checked(unsafeBitCast(value, to: [Int16].self)))
        case .int32s: write(bulk: try checked(unsafeBitCast(value, to: [Int32].self)))
        case .int64s: write(bulk: try checked(unsafeBitCast(value, to: [Int64].self)))
        case .uints: write(bulk: try checked(unsafeBitCast(value, to: [UInt].self)))
        case .uint16s: write(bulk: try checked(unsafeBitCast(value, to: [UInt16].self)))
        case .uint32s: write(bulk: try checked(unsafeBitCast(value, to: [UInt32].self)))
        case .uint64s: write(bulk: try checked(unsafeBitCast(value, to: [UInt64].self)))
        case .strings:
            let strings = try checked(unsafeBitCast(value, to: [String].self))
            writeArrayHeader(strings.count)
            for string in strings {
                try writeChecked(string)
            }
        default: preconditionFailure("a scalar is no array")
        }
    }

    /// Writes a string whose length is not known to be in bounds.
    @inline(__always)
    mutating func writeChecked(_ value: String) throws(LengthError) {
        guard value.utf8.count <= LengthError.maximum else { throw LengthError(count: value.utf8.count) }
        write(value)
    }

    @inline(__always)
    private func checked<Element>(_ values: [Element]) throws(LengthError) -> [Element] {
        guard values.count <= LengthError.maximum else { throw LengthError(count: values.count) }
        return values
    }
}

/// A string, binary or array is longer than the 32 bits of a header can say.
struct LengthError: Error {
    static let maximum = Int(UInt32.max)
    let count: Int

    var message: String { "MessagePack holds at most \(Self.maximum) bytes or elements, not \(count)" }
}

extension ByteScanner {
    /// Reads a value whose type is `leaf`.
    mutating func read<Value>(
        _ type: Value.Type, as leaf: LeafType, depth: Int, limit: Int
    ) throws(MessagePackError) -> Value {
        switch leaf {
        case .bool: return unsafeBitCast(try readBool(), to: type)
        case .string: return unsafeBitCast(try readString(), to: type)
        case .float: return unsafeBitCast(try readFloat(), to: type)
        case .double: return unsafeBitCast(try readDouble(), to: type)
        case .int: return unsafeBitCast(try readInteger(as: Int.self), to: type)
        case .int8: return unsafeBitCast(try readInteger(as: Int8.self), to: type)
        case .int16: return unsafeBitCast(try readInteger(as: Int16.self), to: type)
        case .int32: return unsafeBitCast(try readInteger(as: Int32.self), to: type)
        case .int64: return unsafeBitCast(try readInteger(as: Int64.self), to: type)
        case .uint: return unsafeBitCast(try readInteger(as: UInt.self), to: type)
        case .uint8: return unsafeBitCast(try readInteger(as: UInt8.self), to: type)
        case .uint16: return unsafeBitCast(try readInteger(as: UInt16.self), to: type)
        case .uint32: return unsafeBitCast(try readInteger(as: UInt32.self), to: type)
        case .uint64: return unsafeBitCast(try readInteger(as: UInt64.self), to: type)
        case .value: return unsafeBitCast(try readValue(depth: depth, limit: limit), to: type)
        case .raw: return unsafeBitCast(MessagePackRaw(unchecked: try readEncoded()), to: type)
        default:
            guard depth > 0 else { throw .depth(at: offset, limit: limit) }
            return try read(type, asArray: leaf)
        }
    }

    private mutating func read<Value>(_ type: Value.Type, asArray leaf: LeafType) throws(MessagePackError) -> Value {
        switch leaf {
        case .bytes: unsafeBitCast(try readBytes(), to: type)
        case .bools: unsafeBitCast(try readBools(), to: type)
        case .strings: unsafeBitCast(try readStrings(), to: type)
        case .floats: unsafeBitCast(try readFloats(), to: type)
        case .doubles: unsafeBitCast(try readDoubles(), to: type)
        case .ints: unsafeBitCast(try readIntegers(as: Int.self), to: type)
        case .int8s: unsafeBitCast(try readIntegers(as: Int8.self), to: type)
        case .int16s: unsafeBitCast(try readIntegers(as: Int16.self), to: type)
        case .int32s: unsafeBitCast(try readIntegers(as: Int32.self), to: type)
        case .int64s: unsafeBitCast(try readIntegers(as: Int64.self), to: type)
        case .uints: unsafeBitCast(try readIntegers(as: UInt.self), to: type)
        case .uint16s: unsafeBitCast(try readIntegers(as: UInt16.self), to: type)
        case .uint32s: unsafeBitCast(try readIntegers(as: UInt32.self), to: type)
        case .uint64s: unsafeBitCast(try readIntegers(as: UInt64.self), to: type)
        default: preconditionFailure("a scalar is no array")
        }
    }

    private mutating func readEncoded() throws(MessagePackError) -> [UInt8] {
        let start = offset
        try skipValue()
        return [UInt8](UnsafeRawBufferPointer(start: base + start, count: offset - start))
    }
}
