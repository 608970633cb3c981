/// The elements of whatever decodes as an array, made one at a time.
struct PickleElements {
    private enum Source {
        case values([PickleValue])
        case rows(NumpyArray)
        case bytes([UInt8])
    }

    private let source: Source
    let count: Int

    init?(_ value: PickleValue) {
        switch value {
        case .list(let values), .tuple(let values), .set(let values), .frozenset(let values):
            self.source = .values(values)
            self.count = values.count
        case .bytes(let bytes), .bytearray(let bytes):
            self.source = .bytes(bytes)
            self.count = bytes.count
        case .array(let array):
            guard let length = array.shape.first else { return nil }
            self.source = .rows(array)
            self.count = length
        default: return nil
        }
    }

    /// The element at an index in `0..<count`, or nil if it is not Unicode text although its numpy type is.
    subscript(index: Int) -> PickleValue? {
        switch self.source {
        case .values(let values): values[index]
        case .bytes(let bytes): .int(Int64(bytes[index]))
        case .rows(let array): array.shape.count == 1 ? array.element(at: index) : array.row(index).map { .array($0) }
        }
    }
}
