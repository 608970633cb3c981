/// The types that the coders move themselves instead of asking for their `Codable` implementation.
enum LeafType {
    case bool, string, float, double
    case int, int8, int16, int32, int64
    case uint, uint8, uint16, uint32, uint64
    case bytes, bools, strings, floats, doubles
    case ints, int8s, int16s, int32s, int64s
    case uints, uint16s, uint32s, uint64s
    case stringsByName, doublesByName, floatsByName, intsByName, boolsByName, valuesByName
    case value, raw

    /// The leaf type that `type` is; nil for all others.
    ///
    /// The size decides first: it is at hand, and spares a struct of another size some twenty comparisons.
    @inline(__always)
    static func of<Value>(_ type: Value.Type) -> LeafType? {
        switch MemoryLayout<Value>.size {
        case 8: wordSized(type)
        case 16: type == String.self ? .string : nil
        case 4: type == Float.self ? .float : type == Int32.self ? .int32 : type == UInt32.self ? .uint32 : nil
        case 1: type == Bool.self ? .bool : type == UInt8.self ? .uint8 : type == Int8.self ? .int8 : nil
        case 2: type == Int16.self ? .int16 : type == UInt16.self ? .uint16 : nil
        case MemoryLayout<MessagePackValue>.size: type == MessagePackValue.self ? .value : nil
        default: nil
        }
    }

    /// Scalars of 64 bits, and arrays and dictionaries, which are one reference.
    private static func wordSized<Value>(_ type: Value.Type) -> LeafType? {
        if type == Int.self { return .int }
        if type == Double.self { return .double }
        if type == [Float].self { return .floats }
        if type == [Double].self { return .doubles }
        if type == [String].self { return .strings }
        if type == [UInt8].self { return .bytes }
        if type == [Int].self { return .ints }
        if type == [Int32].self { return .int32s }
        if type == [Int64].self { return .int64s }
        if type == [Bool].self { return .bools }
        if type == Int64.self { return .int64 }
        if type == UInt64.self { return .uint64 }
        if type == UInt.self { return .uint }
        if type == MessagePackRaw.self { return .raw }
        if type == [String: Double].self { return .doublesByName }
        if type == [String: String].self { return .stringsByName }
        if type == [String: Float].self { return .floatsByName }
        if type == [String: Int].self { return .intsByName }
        if type == [String: Bool].self { return .boolsByName }
        if type == [String: MessagePackValue].self { return .valuesByName }
        if type == [Int8].self { return .int8s }
        if type == [Int16].self { return .int16s }
        if type == [UInt].self { return .uints }
        if type == [UInt16].self { return .uint16s }
        if type == [UInt32].self { return .uint32s }
        if type == [UInt64].self { return .uint64s }
        return nil
    }
}
