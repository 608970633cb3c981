/// A Python `dict`: distinct keys with values, in the order of insertion.
public struct PickleDictionary: Sendable {
    /// A key and its value.
    public struct Entry: Sendable, Hashable {
        /// The key.
        public var key: PickleValue
        /// The value.
        public var value: PickleValue

        /// Pairs a key with a value.
        public init(key: PickleValue, value: PickleValue) {
            self.key = key
            self.value = value
        }
    }

    /// The entries in the order of insertion.
    public private(set) var entries: [Entry]

    /// An empty dictionary.
    public init() { self.entries = [] }

    /// Makes a dictionary of entries whose keys the caller knows to be distinct.
    public init(distinct entries: [Entry]) { self.entries = entries }

    /// The number of entries.
    public var count: Int { self.entries.count }

    /// The value of a key, compared as Python compares keys; assigning nil removes the entry.
    ///
    /// A look-up visits the entries one after the other: for many look-ups build an index from ``entries``.
    public subscript(key: PickleValue) -> PickleValue? {
        get { self.index(of: key).map { self.entries[$0].value } }
        set {
            switch (self.index(of: key), newValue) {
            case (let index?, let value?): self.entries[index].value = value
            case (let index?, nil): self.entries.remove(at: index)
            case (nil, let value?): self.entries.append(Entry(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    private func index(of key: PickleValue) -> Int? {
        guard let wanted = PickleKey(key) else { return self.entries.firstIndex { $0.key == key } }
        return self.entries.firstIndex { PickleKey($0.key) == wanted }
    }
}

extension PickleDictionary: Hashable {
    /// Whether both have the same keys with the same values, in any order.
    public static func == (left: PickleDictionary, right: PickleDictionary) -> Bool {
        guard left.count == right.count else { return false }
        // Dictionaries from the same program mostly agree in order, which spares the index.
        if zip(left.entries, right.entries).allSatisfy({ $0 == $1 }) { return true }
        var values: [PickleKey: PickleValue] = Dictionary(minimumCapacity: left.count)
        for entry in left.entries {
            guard let key = PickleKey(entry.key) else { return false }
            values[key] = entry.value
        }
        return right.entries.allSatisfy { entry in
            guard let key = PickleKey(entry.key), let value = values[key] else { return false }
            return value == entry.value
        }
    }

    /// Feeds the number of entries to `hasher`, since their order must not matter.
    public func hash(into hasher: inout Hasher) { hasher.combine(self.count) }
}
