extension ByteOutput where Self: ~Copyable {
    /// Writes the value at an address. It comes as an address so that this function is not generic over its type: the compiler then makes
    /// one version for each output, with every loop compiled for its type of element.
    ///
    /// Invariant that makes the loads sound: the caller's value has the type for which ``LeafType/of(_:)`` returned `leaf`.
    mutating func write(at value: UnsafeRawPointer, as leaf: LeafType) throws(LengthError) {
        switch leaf {
        case .bool: write(value.load(as: Bool.self))
        case .float: write(value.load(as: Float.self))
        case .double: write(value.load(as: Double.self))
        case .int: write(integer: value.load(as: Int.self))
        case .int8: write(integer: value.load(as: Int8.self))
        case .int16: write(integer: value.load(as: Int16.self))
        case .int32: write(integer: value.load(as: Int32.self))
        case .int64: write(integer: value.load(as: Int64.self))
        case .uint: write(integer: value.load(as: UInt.self))
        case .uint8: write(integer: value.load(as: UInt8.self))
        case .uint16: write(integer: value.load(as: UInt16.self))
        case .uint32: write(integer: value.load(as: UInt32.self))
        case .uint64: write(integer: value.load(as: UInt64.self))
        case .string: try writeChecked(value.load(as: String.self))
        case .value: write(value.load(as: MessagePackValue.self))
        case .raw: value.load(as: MessagePackRaw.self).bytes.withUnsafeBytes { write(raw: $0) }
        default: try write(at: value, asArray: leaf)
        }
    }

    private mutating func write(at value: UnsafeRawPointer, asArray leaf: LeafType) throws(LengthError) {
        switch leaf {
        case .bytes: try checked(value.load(as: [UInt8].self)).withUnsafeBytes { write(binary: $0) }
        case .bools: write(bulk: try checked(value.load(as: [Bool].self)))
        case .floats: write(bulk: try checked(value.load(as: [Float].self)))
        case .doubles: write(bulk: try checked(value.load(as: [Double].self)))
        case .ints: write(bulk: try checked(value.load(as: [Int].self)))
        case .int8s: write(bulk: try checked(value.load(as: [Int8].self)))
        case .int16s: write(bulk: try checked(value.load(as: [Int16].self)))
        case .int32s: write(bulk: try checked(value.load(as: [Int32].self)))
        case .int64s: write(bulk: try checked(value.load(as: [Int64].self)))
        case .uints: write(bulk: try checked(value.load(as: [UInt].self)))
        case .uint16s: write(bulk: try checked(value.load(as: [UInt16].self)))
        case .uint32s: write(bulk: try checked(value.load(as: [UInt32].self)))
        case .uint64s: write(bulk: try checked(value.load(as: [UInt64].self)))
        case .strings:
            let strings = try checked(value.load(as: [String].self))
            for string in strings {
                try checkLength(string)
            }
            write(bulk: strings)
        default: try write(at: value, asDictionary: leaf)
        }
    }

    private mutating func write(at value: UnsafeRawPointer, asDictionary leaf: LeafType) throws(LengthError) {
        switch leaf {
        case .doublesByName: try writeMap(value.load(as: [String: Double].self)) { $0.write($1) }
        case .floatsByName: try writeMap(value.load(as: [String: Float].self)) { $0.write($1) }
        case .intsByName: try writeMap(value.load(as: [String: Int].self)) { $0.write(integer: $1) }
        case .boolsByName: try writeMap(value.load(as: [String: Bool].self)) { $0.write($1) }
        case .valuesByName: try writeMap(value.load(as: [String: MessagePackValue].self)) { $0.write($1) }
        case .stringsByName:
            try writeMap(value.load(as: [String: String].self)) { output, string throws(LengthError) in
                try output.writeChecked(string)
            }
        default: preconditionFailure("a scalar is no collection")
        }
    }

    @inline(__always)
    private mutating func writeMap<Element>(
        _ values: [String: Element], _ write: (inout Self, Element) throws(LengthError) -> Void
    ) throws(LengthError) {
        guard values.count <= LengthError.maximum else { throw LengthError(count: values.count) }
        writeMapHeader(values.count)
        for (name, value) in values {
            try writeChecked(name)
            try write(&self, value)
        }
    }

    private func checkLength(_ value: String) throws(LengthError) {
        guard value.utf8.count <= LengthError.maximum else { throw LengthError(count: value.utf8.count) }
    }

    /// Writes a string whose length is not known to be in bounds.
    @inline(__always)
    mutating func writeChecked(_ value: String) throws(LengthError) {
        try checkLength(value)
        write(value)
    }

    @inline(__always)
    private func checked<Element>(_ values: [Element]) throws(LengthError) -> [Element] {
        guard values.count <= LengthError.maximum else { throw LengthError(count: values.count) }
        return values
    }
}
