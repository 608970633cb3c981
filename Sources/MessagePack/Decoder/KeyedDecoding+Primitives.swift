// The primitive types, each read with one lookup. (`decodeIfPresent` would by default make three.)
extension KeyedDecoding {
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readBool() }
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readString() }
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readDouble() }
    }

    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readFloat() }
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int.self) }
    }

    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int8.self) }
    }

    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int16.self) }
    }

    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int32.self) }
    }

    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int64.self) }
    }

    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt.self) }
    }

    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt8.self) }
    }

    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt16.self) }
    }

    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt32.self) }
    }

    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        try read(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt64.self) }
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readBool() }
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readString() }
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readDouble() }
    }

    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readFloat() }
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int.self) }
    }

    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int8.self) }
    }

    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int16.self) }
    }

    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int32.self) }
    }

    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: Int64.self) }
    }

    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt.self) }
    }

    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt8.self) }
    }

    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt16.self) }
    }

    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt32.self) }
    }

    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
        try readIfPresent(type, key) { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt64.self) }
    }
}
