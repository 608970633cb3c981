/// Text that is equal only to text of the same scalars, as in Python; Swift's own equality is canonical equivalence.
struct ExactText: Sendable, Hashable {
    let text: String

    init(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        self.text = text
    }

    static func == (left: ExactText, right: ExactText) -> Bool {
        // Equivalent is the weaker condition, and mostly decides by comparing memory.
        left.text == right.text && left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        // `init` has made the bytes contiguous, so equal texts always take this path.
        self.text.utf8.withContiguousStorageIfAvailable { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// A value as a Python dictionary sees it as a key: `1`, `1.0`, `True` and `numpy.int8(1)` are one key.
enum PickleKey: Sendable, Hashable {
    case none
    case int(Int64)
    case bigInteger(PickleInteger)
    case float(Double)
    case text(ExactText)
    case bytes([UInt8])
    case tuple([PickleKey])
    case frozenset(Set<PickleKey>)

    /// Makes the key of a value, or nil if Python cannot hash it.
    init?(_ value: PickleValue) {
        switch value {
        case .none: self = .none
        case .bool(let value): self = .int(value ? 1 : 0)
        case .int(let value): self = .int(value)
        case .bigInteger(let value): self = Int64(exactly: value).map { .int($0) } ?? .bigInteger(value)
        case .float(let value):
            guard let integer = PickleInteger(exactly: value) else {
                self = .float(value)
                return
            }
            self = Int64(exactly: integer).map { .int($0) } ?? .bigInteger(integer)
        case .string(let value): self = .text(ExactText(value))
        case .bytes(let value): self = .bytes(value)
        case .tuple(let values):
            var keys: [PickleKey] = []
            keys.reserveCapacity(values.count)
            for value in values {
                guard let key = PickleKey(value) else { return nil }
                keys.append(key)
            }
            self = .tuple(keys)
        case .frozenset(let values):
            guard let keys = Self.set(of: values) else { return nil }
            self = .frozenset(keys)
        case .scalar(let scalar): self.init(scalar.value)
        case .bytearray, .list, .dictionary, .set, .array: return nil
        }
    }

    /// The keys of all values, or nil if Python cannot hash one of them.
    static func set(of values: [PickleValue]) -> Set<PickleKey>? {
        var keys = Set<PickleKey>(minimumCapacity: values.count)
        for value in values {
            guard let key = PickleKey(value) else { return nil }
            keys.insert(key)
        }
        return keys
    }
}
