extension PickleValue: Equatable {
    /// Whether both have the same type and value; see ``PickleValue``.
    public static func == (left: PickleValue, right: PickleValue) -> Bool {
        switch (left, right) {
        case (.none, .none): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.bigInteger(let left), .bigInteger(let right)): left == right
        case (.int(let left), .bigInteger(let right)), (.bigInteger(let right), .int(let left)): PickleInteger(left) == right
        case (.float(let left), .float(let right)): left == right
        case (.string(let left), .string(let right)): ExactText(left) == ExactText(right)
        case (.bytes(let left), .bytes(let right)): left == right
        case (.bytearray(let left), .bytearray(let right)): left == right
        case (.list(let left), .list(let right)): left == right
        case (.tuple(let left), .tuple(let right)): left == right
        case (.dictionary(let left), .dictionary(let right)): left == right
        case (.set(let left), .set(let right)): Self.haveSameElements(left, right)
        case (.frozenset(let left), .frozenset(let right)): Self.haveSameElements(left, right)
        case (.array(let left), .array(let right)): left == right
        case (.scalar(let left), .scalar(let right)): left == right
        default: false
        }
    }

    private static func haveSameElements(_ left: [PickleValue], _ right: [PickleValue]) -> Bool {
        guard left.count == right.count else { return false }
        guard let leftKeys = PickleKey.set(of: left), let rightKeys = PickleKey.set(of: right) else { return left == right }
        return leftKeys == rightKeys
    }
}

extension PickleValue: Hashable {
    /// Feeds the type and the value to `hasher`.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .none: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .bigInteger(let value): Int64(exactly: value).map { hasher.combine($0) } ?? hasher.combine(value)
        case .float(let value): hasher.combine(value)
        case .string(let value): hasher.combine(ExactText(value))
        case .bytes(let value), .bytearray(let value): hasher.combine(value)
        case .list(let values), .tuple(let values): hasher.combine(values)
        case .dictionary(let value): hasher.combine(value)
        // Elements may come in any order, so only their number takes part.
        case .set(let values), .frozenset(let values): hasher.combine(values.count)
        case .array(let value): hasher.combine(value)
        case .scalar(let value): hasher.combine(value)
        }
    }
}
