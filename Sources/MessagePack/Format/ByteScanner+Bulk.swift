// Arrays of one primitive type. The count has been checked against the bytes left before memory for it is allocated, so an array takes
// at most as many elements as the input has bytes.
extension ByteScanner {
    /// Reads an array whose elements `read` takes one by one.
    @inline(__always)
    private mutating func readArray<Value>(
        _ read: (inout ByteScanner) throws(MessagePackError) -> Value
    ) throws(MessagePackError) -> [Value] {
        let count = try readArrayHeader()
        var scanner = self
        var failure: MessagePackError?
        let values = [Value](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            do throws(MessagePackError) {
                while initializedCount < count {
                    (buffer.baseAddress! + initializedCount).initialize(to: try read(&scanner))
                    initializedCount += 1
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        offset = scanner.offset
        return values
    }

    mutating func readFloats() throws(MessagePackError) -> [Float] {
        try readArray { scanner throws(MessagePackError) in try scanner.readFloat() }
    }

    mutating func readDoubles() throws(MessagePackError) -> [Double] {
        try readArray { scanner throws(MessagePackError) in try scanner.readDouble() }
    }

    mutating func readBools() throws(MessagePackError) -> [Bool] {
        try readArray { scanner throws(MessagePackError) in try scanner.readBool() }
    }

    mutating func readStrings() throws(MessagePackError) -> [String] {
        try readArray { scanner throws(MessagePackError) in try scanner.readString() }
    }

    @inline(__always)
    mutating func readIntegers<Value: FixedWidthInteger>(as type: Value.Type) throws(MessagePackError) -> [Value] {
        try readArray { scanner throws(MessagePackError) in try scanner.readInteger(as: type) }
    }

    /// Reads a map with keys of type string, or integers in their place, whose values `read` takes one by one.
    @inline(__always)
    mutating func readMap<Value>(
        _ read: (inout ByteScanner) throws(MessagePackError) -> Value
    ) throws(MessagePackError) -> [String: Value] {
        let count = try readMapHeader()
        var values: [String: Value] = [:]
        // More than that must be earned: an entry takes many times the memory of its shortest encoding.
        values.reserveCapacity(min(count, 1024))
        for _ in 0..<count {
            let start = offset
            let key = try readKey()
            guard values.updateValue(try read(&self), forKey: key) == nil else { throw .duplicateKey(at: start) }
        }
        return values
    }

    private mutating func readKey() throws(MessagePackError) -> String {
        let tag = try peekTag()
        switch MessagePackType(tag: tag) {
        case .string: return try readString()
        case .integer: return String(try readIntegerKey())
        default: throw .invalidKey(at: offset)
        }
    }

    /// An integer as a key; coding keys are integers of type `Int`.
    mutating func readIntegerKey() throws(MessagePackError) -> Int {
        let start = offset
        let tag = try peekTag()
        guard MessagePackType(tag: tag) == .integer, case .signed(let key) = try readNumber(expected: "key") else {
            throw .invalidKey(at: start)
        }
        return Int(key)
    }

    /// The bytes of a binary value, or of an array of integers that fit a byte each.
    mutating func readBytes() throws(MessagePackError) -> [UInt8] {
        if let bytes = try readBinaryBytes() { return [UInt8](bytes) }
        let tag = try peekTag()
        guard MessagePackType(tag: tag) == .array else { throw .mismatch(at: offset, expected: "binary", tag: tag) }
        return try readIntegers(as: UInt8.self)
    }
}
