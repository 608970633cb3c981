/// The application headers of a message, in the order in which they were added or arrived.
///
/// A message has few, so a lookup walks through them. Of a name that comes twice the first counts.
public struct MessageHeaders: Sendable, ExpressibleByDictionaryLiteral {
    /// A name and its value.
    public typealias Element = (key: String, value: HeaderValue)

    private var entries: [Element]

    /// Makes headers of entries, whose names should differ.
    public init(_ entries: [Element] = []) {
        self.entries = entries
    }

    /// Makes headers of the entries, whose names should differ.
    public init(dictionaryLiteral elements: (String, HeaderValue)...) {
        entries = elements.map { (key: $0, value: $1) }
    }

    /// The value of a name: reads it, sets it, appends it if it is new, removes it if set to `nil`.
    public subscript(name: String) -> HeaderValue? {
        get {
            for entry in entries where entry.key == name { return entry.value }
            return nil
        }
        set {
            guard let newValue else { return entries.removeAll { $0.key == name } }
            if let index = entries.firstIndex(where: { $0.key == name }) {
                entries[index].value = newValue
            } else {
                entries.append((name, newValue))
            }
        }
    }

    /// Has room for so many headers, if they are known to follow.
    public mutating func reserveCapacity(_ count: Int) {
        entries.reserveCapacity(count)
    }

    /// The headers that fulfil a condition.
    public func filter(_ isIncluded: (Element) throws -> Bool) rethrows -> MessageHeaders {
        MessageHeaders(try entries.filter(isIncluded))
    }
}

extension MessageHeaders: RandomAccessCollection {
    /// The position of the first header.
    public var startIndex: Int { 0 }

    /// The position after the last header.
    public var endIndex: Int { entries.count }

    /// The header at a position.
    public subscript(position: Int) -> Element { entries[position] }
}

extension MessageHeaders: Equatable {
    /// Whether both have the same names with the same values, in whatever order.
    public static func == (left: MessageHeaders, right: MessageHeaders) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }
}
