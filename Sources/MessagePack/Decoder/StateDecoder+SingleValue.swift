extension StateDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool {
        state.isNil(at: offset)
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try state.decode(type, at: offset, depth: Int(depth), parent: node, step: nil)
    }

    @inline(__always)
    private func read<Value>(
        _ type: Value.Type, _ body: (inout ByteScanner) throws(MessagePackError) -> Value
    ) throws -> Value {
        do throws(MessagePackError) {
            return try state.read(at: offset, body)
        } catch {
            throw state.failure(error, type, node: node)
        }
    }

    func decode(_ type: Bool.Type) throws -> Bool {
        try read(type) { scanner throws(MessagePackError) in try scanner.readBool() }
    }

    func decode(_ type: String.Type) throws -> String {
        try read(type) { scanner throws(MessagePackError) in try scanner.readString() }
    }

    func decode(_ type: Double.Type) throws -> Double {
        try read(type) { scanner throws(MessagePackError) in try scanner.readDouble() }
    }

    func decode(_ type: Float.Type) throws -> Float {
        try read(type) { scanner throws(MessagePackError) in try scanner.readFloat() }
    }

    func decode(_ type: Int.Type) throws -> Int {
        try read(type) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int.self) }
    }

    func decode(_ type: Int8.Type) throws -> Int8 {
        try read(type) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int8.self) }
    }

    func decode(_ type: Int16.Type) throws -> Int16 {
        try read(type) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int16.self) }
    }

    func decode(_ type: Int32.Type) throws -> Int32 {
        try read(type) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int32.self) }
    }

    func decode(_ type: Int64.Type) throws -> Int64 {
        try read(type) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int64.self) }
    }

    func decode(_ type: UInt.Type) throws -> UInt {
        try read(type) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt.self) }
    }

    func decode(_ type: UInt8.Type) throws -> UInt8 {
        try read(type) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt8.self) }
    }

    func decode(_ type: UInt16.Type) throws -> UInt16 {
        try read(type) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt16.self) }
    }

    func decode(_ type: UInt32.Type) throws -> UInt32 {
        try read(type) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt32.self) }
    }

    func decode(_ type: UInt64.Type) throws -> UInt64 {
        try read(type) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt64.self) }
    }
}
