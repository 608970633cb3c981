// Invariant of the bit casts: a leaf type is only ever paired with a `Value` for which `LeafType.of(Value.self)` returned it, so that both
// sides are the same type.
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
            return try read(type, asArray: leaf, depth: depth - 1, limit: limit)
        }
    }

    private mutating func read<Value>(
        _ type: Value.Type, asArray leaf: LeafType, depth: Int, limit: Int
    ) throws(MessagePackError) -> Value {
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
        default: try read(type, asDictionary: leaf, depth: depth, limit: limit)
        }
    }

    private mutating func read<Value>(
        _ type: Value.Type, asDictionary leaf: LeafType, depth: Int, limit: Int
    ) throws(MessagePackError) -> Value {
        switch leaf {
        case .doublesByName:
            unsafeBitCast(try readMap { scanner throws(MessagePackError) in try scanner.readDouble() }, to: type)
        case .stringsByName:
            unsafeBitCast(try readMap { scanner throws(MessagePackError) in try scanner.readString() }, to: type)
        case .floatsByName:
            unsafeBitCast(try readMap { scanner throws(MessagePackError) in try scanner.readFloat() }, to: type)
        case .intsByName:
            unsafeBitCast(try readMap { scanner throws(MessagePackError) in try scanner.readInteger(as: Int.self) }, to: type)
        case .boolsByName:
            unsafeBitCast(try readMap { scanner throws(MessagePackError) in try scanner.readBool() }, to: type)
        case .valuesByName:
            unsafeBitCast(
                try readMap { scanner throws(MessagePackError) in try scanner.readValue(depth: depth, limit: limit) }, to: type)
        default: preconditionFailure("a scalar is no collection")
        }
    }

    private mutating func readEncoded() throws(MessagePackError) -> [UInt8] {
        let start = offset
        try skipValue()
        return [UInt8](UnsafeRawBufferPointer(start: base + start, count: offset - start))
    }
}
