/// Reads choices off the front of an input, so that the fuzzer can vary how a decoder is used besides what it is given.
///
/// A choice beyond the end is 0: every input means something.
struct FuzzInput {
    /// What no choice has taken.
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 {
        rest.popFirst() ?? 0
    }

    mutating func bool() -> Bool {
        byte() & 1 == 1
    }

    /// A number below `count`, which is at most 256.
    mutating func number(below count: Int) -> Int {
        Int(byte()) % max(1, count)
    }

    mutating func element<Element>(of elements: [Element]) -> Element {
        elements[number(below: elements.count)]
    }

    /// A length of one byte and as many bytes, or those that are left.
    mutating func shortBytes() -> [UInt8] {
        prefix(Int(byte()))
    }

    /// A length of two bytes, the lower first, and as many bytes, or those that are left.
    mutating func bytes() -> [UInt8] {
        prefix(Int(byte()) | Int(byte()) << 8)
    }

    mutating func text() -> String {
        String(decoding: shortBytes(), as: UTF8.self)
    }

    mutating func remaining() -> [UInt8] {
        prefix(rest.count)
    }

    private mutating func prefix(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}
