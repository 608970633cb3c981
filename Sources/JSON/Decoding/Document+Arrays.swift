// Arrays of one primitive type, element by element without a container in between.
extension Document {
    /// The array at `node`, if `type` is one of those arrays; nil otherwise.
    func primitives<Value>(_ type: Value.Type, at node: Int, _ path: @autoclosure () -> CodingPath) throws -> Value? {
        // The size is at hand, and spares a struct the comparisons.
        guard MemoryLayout<Value>.size == MemoryLayout<[Int]>.size else { return nil }
        let values: Any
        if type == [Double].self {
            values = try elements(of: node) { try double(at: $0, path().appending(index: $1)) }
        } else if type == [Float].self {
            values = try elements(of: node) { try float(at: $0, path().appending(index: $1)) }
        } else if type == [String].self {
            values = try elements(of: node) { try string(at: $0, path().appending(index: $1)) }
        } else if type == [Int].self {
            values = try integers(Int.self, of: node, path())
        } else if type == [Bool].self {
            values = try elements(of: node) { try bool(at: $0, path().appending(index: $1)) }
        } else if type == [Int8].self {
            values = try integers(Int8.self, of: node, path())
        } else if type == [Int16].self {
            values = try integers(Int16.self, of: node, path())
        } else if type == [Int32].self {
            values = try integers(Int32.self, of: node, path())
        } else if type == [Int64].self {
            values = try integers(Int64.self, of: node, path())
        } else if type == [UInt].self {
            values = try integers(UInt.self, of: node, path())
        } else if type == [UInt8].self {
            values = try integers(UInt8.self, of: node, path())
        } else if type == [UInt16].self {
            values = try integers(UInt16.self, of: node, path())
        } else if type == [UInt32].self {
            values = try integers(UInt32.self, of: node, path())
        } else if type == [UInt64].self {
            values = try integers(UInt64.self, of: node, path())
        } else {
            return nil
        }
        return values as? Value
    }

    @inline(__always)
    private func integers<Value: FixedWidthInteger>(
        _ type: Value.Type, of node: Int, _ path: @autoclosure () -> CodingPath
    ) throws -> [Value] {
        try elements(of: node) { try integer(type, at: $0, path().appending(index: $1)) }
    }

    @inline(__always)
    private func elements<Value>(of node: Int, _ read: (_ node: Int, _ index: Int) throws -> Value) rethrows -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(Int(nodes[node].count))
        let end = next(after: node)
        var element = node + 1
        while element < end {
            values.append(try read(element, values.count))
            element = next(after: element)
        }
        return values
    }
}
