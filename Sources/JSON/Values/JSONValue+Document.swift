extension Document {
    /// The value at `node`. Recursive to the depth that the limits allow.
    func value(at node: Int) -> JSONValue {
        switch kind(of: node) {
        case .null: return .null
        case .false: return .bool(false)
        case .true: return .bool(true)
        case .integer, .decimal: return .number(JSONNumber(unchecked: numberText(of: node)))
        case .string, .escapedString: return .string(string(of: node))
        case .array:
            var values: [JSONValue] = []
            values.reserveCapacity(Int(nodes[node].count))
            var element = node + 1
            while element < next(after: node) {
                values.append(value(at: element))
                element = next(after: element)
            }
            return .array(values)
        case .object:
            var members: [JSONValue.Member] = []
            members.reserveCapacity(Int(nodes[node].count))
            var name = node + 1
            while name < next(after: node) {
                members.append(.init(string(of: name), value(at: name + 1)))
                name = next(after: name + 1)
            }
            return .object(members)
        }
    }
}
