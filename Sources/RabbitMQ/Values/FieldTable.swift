/// An AMQP table: names and values, in the order in which they were added or arrived.
///
/// Tables are short, so a lookup walks through the entries.
public struct FieldTable: Sendable, ExpressibleByDictionaryLiteral {
    /// A name and its value.
    public struct Entry: Sendable, Hashable {
        /// The name, at most 255 bytes of UTF-8.
        public var name: String
        /// The value.
        public var value: FieldValue

        /// Makes an entry.
        public init(name: String, value: FieldValue) {
            self.name = name
            self.value = value
        }
    }

    private(set) var entries: [Entry]

    /// Makes an empty table.
    public init() {
        entries = []
    }

    /// Makes a table of the entries in their order; a name that comes twice keeps its last value.
    public init(dictionaryLiteral elements: (String, FieldValue)...) {
        entries = []
        for (name, value) in elements { self[name] = value }
    }

    /// Makes a table of a dictionary's entries.
    public init(_ dictionary: [String: FieldValue]) {
        entries = dictionary.map { Entry(name: $0.key, value: $0.value) }
    }

    /// Makes a table of entries in their order, whose names differ.
    public init(entries: [Entry]) {
        self.entries = entries
    }

    /// The value of a name: reads the first, sets it, appends it if it is new, removes it if set to `nil`.
    public subscript(name: String) -> FieldValue? {
        get {
            entries.first { $0.name == name }?.value
        }
        set {
            guard let index = entries.firstIndex(where: { $0.name == name }) else {
                if let newValue { entries.append(Entry(name: name, value: newValue)) }
                return
            }
            if let newValue { entries[index].value = newValue } else { entries.remove(at: index) }
        }
    }
}

extension FieldTable: RandomAccessCollection {
    /// The position of the first entry.
    public var startIndex: Int { entries.startIndex }

    /// The position after the last entry.
    public var endIndex: Int { entries.endIndex }

    /// The entry at a position.
    public subscript(position: Int) -> Entry { entries[position] }
}

extension FieldTable: Hashable {
    /// Whether both tables hold the same entries. Only between entries of the same name does the order matter.
    public static func == (left: FieldTable, right: FieldTable) -> Bool {
        left.count == right.count && left.sortedByName == right.sortedByName
    }

    /// Hashes the names. Values would have to be hashed in an order of their own at every level of nesting, which takes exponential time.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(entries.map(\.name).sorted())
    }

    private var sortedByName: [Entry] {
        entries.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }.map(\.element)
    }
}
