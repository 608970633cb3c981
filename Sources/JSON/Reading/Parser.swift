/// Checks a text by RFC 8259 and notes where its values are.
///
/// Iterative: what nests costs an entry in an array, and no stack.
///
/// Invariant of its pointer: `base` addresses `end` readable bytes as long as the parser lives, which is within the `with…` closure that
/// supplied it. Every load is preceded by a comparison of its offset with `end`.
struct Parser: ~Copyable {
    /// An array or object that has not ended yet.
    struct Open {
        let isObject: Bool
        let offset: Int
        /// Where it is noted; nil below the depth that is noted.
        let node: Int?
        /// The elements or members before the one that is being read.
        var count = 0
        /// The name of that member.
        var name = 0..<0
    }

    let base: UnsafePointer<UInt8>
    let end: Int
    let limits: JSONLimits
    var offset = 0
    private(set) var nodes: [Node] = []
    private(set) var open: [Open] = []
    private var remainingValues: Int
    /// Values that so many containers surround are noted, deeper ones are only checked.
    private let notedDepth: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, empty: UnsafePointer<UInt8>, limits: JSONLimits, notedDepth: Int) {
        base = bytes.baseAddress ?? empty
        end = bytes.count
        self.limits = limits
        self.notedDepth = notedDepth
        remainingValues = limits.maximumValueCount
    }

    /// The nodes of one text, which is all that the bytes are.
    static func nodes(
        of bytes: ArraySlice<UInt8>, limits: JSONLimits, notedDepth: Int = .max
    ) throws(JSONError) -> [Node] {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> [Node] in
            try withUnsafePointer(to: 0 as UInt8) { (empty) throws(JSONError) -> [Node] in
                var parser = Parser(buffer, empty: empty, limits: limits, notedDepth: notedDepth)
                try parser.parse()
                return parser.nodes
            }
        }
    }

    mutating func parse() throws(JSONError) {
        guard end <= min(limits.maximumByteCount, Int(Int32.max)) else {
            throw error(
                .sizeExceeded, "the text has \(end) bytes, and maximumByteCount is \(min(limits.maximumByteCount, Int(Int32.max)))", at: 0)
        }
        if end >= 3, base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF {
            throw error(.byteOrderMark, "the text begins with a byte order mark", at: 0)
        }
        while true {
            skipSpace()
            if try readValue(), try !finishContainers() { return }
        }
    }

    /// Reads a value, of a container with content only the beginning.
    ///
    /// - Returns: Whether the value is complete.
    private mutating func readValue() throws(JSONError) -> Bool {
        guard offset < end else { throw truncated("a value") }
        remainingValues -= 1
        guard remainingValues >= 0 else {
            throw error(
                .valueCountExceeded,
                "the text has \(limits.maximumValueCount + 1) values or more, and maximumValueCount is \(limits.maximumValueCount)",
                at: offset)
        }
        switch base[offset] {
        case UInt8(ascii: "\""):
            let (range, hasEscapes) = try scanString()
            note(hasEscapes ? .escapedString : .string, range)
        case UInt8(ascii: "-"), 0x30...0x39:
            let start = offset
            note(try scanNumber() ? .integer : .decimal, start..<offset)
        case UInt8(ascii: "["): return try !beginContainer(isObject: false)
        case UInt8(ascii: "{"): return try !beginContainer(isObject: true)
        case UInt8(ascii: "t"): try readLiteral("true", .true)
        case UInt8(ascii: "f"): try readLiteral("false", .false)
        case UInt8(ascii: "n"): try readLiteral("null", .null)
        default: throw unexpected("a value")
        }
        return true
    }

    @inline(__always)
    private mutating func note(_ kind: Node.Kind, _ range: Range<Int>) {
        guard open.count <= notedDepth else { return }
        nodes.append(
            Node(
                kind: kind, offset: UInt32(truncatingIfNeeded: range.lowerBound), byteCount: UInt32(truncatingIfNeeded: range.count),
                count: 0, next: UInt32(truncatingIfNeeded: nodes.count + 1)))
    }

    private mutating func readLiteral(_ text: StaticString, _ kind: Node.Kind) throws(JSONError) {
        let start = offset
        for index in 0..<text.utf8CodeUnitCount {
            guard offset < end else { throw truncated("\(text)") }
            guard base[offset] == text.utf8Start[index] else { throw unexpected("\(text)") }
            offset += 1
        }
        note(kind, start..<offset)
    }

    // MARK: Containers

    /// Reads the bracket, and the first name of an object.
    ///
    /// - Returns: Whether the container has content.
    private mutating func beginContainer(isObject: Bool) throws(JSONError) -> Bool {
        guard open.count < limits.maximumDepth else {
            throw error(
                .depthExceeded,
                "arrays and objects are nested \(limits.maximumDepth + 1) deep or deeper, and maximumDepth is \(limits.maximumDepth)",
                at: offset)
        }
        let node = open.count <= notedDepth ? nodes.count : nil
        note(isObject ? .object : .array, offset..<offset)
        open.append(Open(isObject: isObject, offset: offset, node: node))
        offset += 1
        skipSpace()
        guard offset < end else { throw truncated(isObject ? "a name or '}'" : "a value or ']'") }
        if base[offset] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            offset += 1
            endContainer(count: 0)
            return false
        }
        if isObject { try readName() }
        return true
    }

    private mutating func readName() throws(JSONError) {
        guard offset < end else { throw truncated("a name") }
        guard base[offset] == UInt8(ascii: "\"") else { throw unexpected("a name") }
        let (range, hasEscapes) = try scanString()
        note(hasEscapes ? .escapedString : .string, range)
        open[open.count - 1].name = range
        skipSpace()
        guard offset < end else { throw truncated("':'") }
        guard base[offset] == UInt8(ascii: ":") else { throw unexpected("':'") }
        offset += 1
    }

    /// Reads what follows a complete value: a comma, or the ends of the containers around it.
    ///
    /// - Returns: Whether another value is to follow.
    private mutating func finishContainers() throws(JSONError) -> Bool {
        while let last = open.indices.last {
            let isObject = open[last].isObject
            skipSpace()
            guard offset < end else { throw truncated(isObject ? "',' or '}'" : "',' or ']'") }
            let byte = base[offset]
            if byte == UInt8(ascii: ",") {
                offset += 1
                open[last].count += 1
                if isObject {
                    skipSpace()
                    try readName()
                }
                return true
            }
            guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw unexpected(isObject ? "',' or '}'" : "',' or ']'")
            }
            offset += 1
            endContainer(count: open[last].count + 1)
        }
        skipSpace()
        guard offset == end else { throw error(.trailingBytes, "more follows the value: \(shown(at: offset))", at: offset) }
        return false
    }

    private mutating func endContainer(count: Int) {
        let container = open.removeLast()
        guard let node = container.node else { return }
        nodes[node].byteCount = UInt32(truncatingIfNeeded: offset - container.offset)
        nodes[node].count = UInt32(truncatingIfNeeded: count)
        nodes[node].next = UInt32(truncatingIfNeeded: nodes.count)
    }

    @inline(__always)
    private mutating func skipSpace() {
        while offset < end, base[offset] <= 0x20,
            base[offset] == 0x20 || base[offset] == 0x0A || base[offset] == 0x0D || base[offset] == 0x09
        {
            offset += 1
        }
    }
}
