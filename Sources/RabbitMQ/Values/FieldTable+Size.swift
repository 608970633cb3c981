/// How much of a frame values take.
///
/// Source: AMQP 0-9-1, section 4.2.5.
extension FieldTable {
    /// The most bytes of a name. The specification says 128; RabbitMQ and its clients take what the length can say.
    static let nameMaximum = 255

    /// The bytes of the table in a frame; `nil` if AMQP cannot carry it.
    func encodedSize(depth: Int = 1) -> Int? {
        var size = 4
        for entry in self {
            guard let entrySize = entry.encodedSize(depth: depth) else { return nil }
            size += entrySize
        }
        return size
    }
}

extension FieldTable.Entry {
    /// The bytes of the name and the value; `nil` if AMQP cannot carry them.
    func encodedSize(depth: Int = 1) -> Int? {
        let nameSize = name.utf8.count
        guard nameSize <= FieldTable.nameMaximum else { return nil }
        return value.encodedSize(depth: depth).map { 1 + nameSize + $0 }
    }
}

extension FieldValue {
    /// The bytes of the value and its kind; `nil` if it nests too deep.
    fileprivate func encodedSize(depth: Int) -> Int? {
        guard depth <= Self.maximumDepth else { return nil }
        switch self {
        case .void: return 1
        case .boolean, .int8, .uint8: return 2
        case .int16, .uint16: return 3
        case .int32, .uint32, .float: return 5
        case .decimal: return 6
        case .int64, .double, .timestamp: return 9
        case .string(let text): return 5 + text.utf8.count
        case .bytes(let bytes): return 5 + bytes.count
        case .table(let table): return table.encodedSize(depth: depth + 1).map { 1 + $0 }
        case .array(let values):
            var size = 5
            for value in values {
                guard let valueSize = value.encodedSize(depth: depth + 1) else { return nil }
                size += valueSize
            }
            return size
        }
    }
}
