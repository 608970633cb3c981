/// Reads JSON texts as RFC 8259 has them, and no others: UTF-8 without a byte order mark, no trailing commas, no comments, no control
/// characters in strings.
///
/// Where the RFC leaves a choice:
/// - Half of a surrogate pair (`"\uD800"`) is refused, because no Swift `String` can hold it.
/// - Of members with the same name the last counts. ``JSONValue`` keeps them all, and ``canonical(_:)`` refuses them.
/// - A number is read into an integer type if it is such an integer, in whatever form (`100`, `1E+2`, `100.0`, `-0`), and is refused otherwise.
/// - A number is read into a floating-point type as the nearest one; what is beyond the largest is refused, what is too small becomes zero.
///
/// Whatever the text and the type, the outcome is a value or a thrown error, as far as the type's own `init(from:)` throws where it has to;
/// for `URLComponents` and `Duration`, which end the process instead, the reader does. Time and memory are proportional to the length of the text.
public struct JSONReader: Sendable {
    /// Bounds on what a text may be.
    public var limits: JSONLimits
    /// What `Decodable` types find as their decoder's `userInfo`.
    public var userInfo: [CodingUserInfoKey: any Sendable]

    /// Makes a reader.
    public init(limits: JSONLimits = .default, userInfo: [CodingUserInfoKey: any Sendable] = [:]) {
        self.limits = limits
        self.userInfo = userInfo
    }

    /// Reads any value.
    public func read(_ bytes: ArraySlice<UInt8>) throws(JSONError) -> JSONValue {
        try Document(bytes, limits: limits).value(at: 0)
    }

    /// Decodes a value. `Data` is read from base64, `URL` from text, `Decimal` from a number, `Date` from the seconds since 2001.
    ///
    /// - Throws: ``JSONError`` for what is not JSON, `DecodingError` for what is no such value.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: ArraySlice<UInt8>) throws -> Value {
        let document = try Document(bytes, limits: limits, userInfo: userInfo)
        return try document.decode(type, at: 0, .root)
    }

    /// Checks that the bytes are one JSON text.
    public func check(_ bytes: ArraySlice<UInt8>) throws(JSONError) {
        _ = try Parser.nodes(of: bytes, limits: limits, notedDepth: -1)
    }

    /// The elements of an array, each as it is written.
    public func elements(of bytes: ArraySlice<UInt8>) throws(JSONError) -> [ArraySlice<UInt8>] {
        let nodes = try content(of: bytes, .array, "an array")
        return nodes.map { encoded($0, in: bytes) }
    }

    /// The members of an object, each value as it is written.
    public func members(of bytes: ArraySlice<UInt8>) throws(JSONError) -> [(name: String, value: ArraySlice<UInt8>)] {
        let nodes = try content(of: bytes, .object, "an object")
        return stride(from: 0, to: nodes.count, by: 2).map { index in
            let name = encoded(nodes[index], in: bytes).dropFirst().dropLast()
            let text = name.withUnsafeBufferPointer {
                nodes[index].kind == .escapedString ? Unescaping.string($0) : String(decoding: $0, as: UTF8.self)
            }
            return (text, encoded(nodes[index + 1], in: bytes))
        }
    }

    /// The one form of all texts that mean the same: no space, members in the order of their names' bytes, strings with as few escapes as can be.
    /// Numbers stay as they are written, because some would read `1.0` otherwise than `1`.
    ///
    /// - Throws: ``JSONError``, also when an object has a member twice.
    public func canonical(_ bytes: ArraySlice<UInt8>) throws(JSONError) -> [UInt8] {
        let document = try Document(bytes, limits: limits)
        var output = JSONOutput()
        output.reserveCapacity(bytes.count)
        if let name = document.writeCanonical(0, to: &output) {
            let shown = String(document.string(of: name).prefix(64)).harmless
            throw document.error(.duplicateName, "an object has the member \"\(shown)\" twice", at: name)
        }
        return output.bytes
    }

    /// The nodes right in a container.
    private func content(of bytes: ArraySlice<UInt8>, _ kind: Node.Kind, _ expected: String) throws(JSONError) -> ArraySlice<Node> {
        let nodes = try Parser.nodes(of: bytes, limits: limits, notedDepth: 1)
        guard let container = nodes.first, container.kind == kind else {
            let found = nodes.first?.kind.description ?? "nothing"
            throw JSONError(
                code: .unexpectedValue, message: "expected \(expected), found \(found)", byteOffset: 0, line: 1, column: 1, path: "$")
        }
        return ArraySlice(Array(nodes.dropFirst()))
    }

    private func encoded(_ node: Node, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let quotation = node.kind.isString ? 1 : 0
        let start = bytes.startIndex + Int(node.offset)
        return bytes[(start - quotation)..<(start + Int(node.byteCount) + quotation)]
    }
}
