/// A text that has proved to be JSON, and where its values are.
///
/// The bytes are held, so that a container that somebody keeps longer than the decode can do no harm.
final class Document: Sendable {
    let bytes: ArraySlice<UInt8>
    let nodes: [Node]
    let userInfo: [CodingUserInfoKey: any Sendable]
    /// Stands for what is missing.
    static let missing = -1

    init(_ bytes: ArraySlice<UInt8>, limits: JSONLimits, userInfo: [CodingUserInfoKey: any Sendable] = [:]) throws(JSONError) {
        nodes = try Parser.nodes(of: bytes, limits: limits)
        self.bytes = bytes
        self.userInfo = userInfo
    }

    func kind(of node: Int) -> Node.Kind { node == Self.missing ? .null : nodes[node].kind }

    /// The node after a value and its content.
    func next(after node: Int) -> Int { Int(nodes[node].next) }

    /// The bytes of a value; of strings, those between the quotation marks.
    @inline(__always)
    func withBytes<Result>(of node: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let range = nodes[node].range
        return bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[range])) }
    }

    /// The text of a string.
    func string(of node: Int) -> String {
        withBytes(of: node) { bytes in
            nodes[node].kind == .escapedString ? Unescaping.string(bytes) : String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The text of a number.
    func numberText(of node: Int) -> String { withBytes(of: node) { String(decoding: $0, as: UTF8.self) } }

    /// Whether a name is these bytes, which are UTF-8.
    func isName(_ node: Int, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        if nodes[node].kind == .escapedString {
            return withBytes(of: node) { Unescaping.bytes($0).elementsEqual(name) }
        }
        guard Int(nodes[node].byteCount) == name.count else { return false }
        return withBytes(of: node) { $0.elementsEqual(name) }
    }
}
