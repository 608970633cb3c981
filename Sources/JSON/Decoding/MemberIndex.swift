/// Finds the members of an object by their names. Of members with the same name the last counts, as in Python and JavaScript.
///
/// Names are compared by their bytes once escapes are gone; hashing is seeded, so that nobody can choose names that collide.
final class MemberIndex: Sendable {
    /// Nodes of names, open addressing; 0, which is no name's, is free.
    private let slots: [UInt32]

    init(_ document: Document, _ node: Int) {
        var capacity = 8
        while capacity < 2 * Int(document.nodes[node].count) { capacity *= 2 }
        var slots = [UInt32](repeating: 0, count: capacity)
        var name = node + 1
        while name < document.next(after: node) {
            let isEscaped = document.nodes[name].kind == .escapedString
            document.withBytes(of: name) { bytes in
                let unescaped = isEscaped ? Unescaping.bytes(bytes) : []
                let insert = { (bytes: UnsafeBufferPointer<UInt8>) in
                    slots[Self.slot(of: bytes, in: slots, document)] = UInt32(truncatingIfNeeded: name)
                }
                if isEscaped { unescaped.withUnsafeBufferPointer(insert) } else { insert(bytes) }
            }
            name = document.next(after: name + 1)
        }
        self.slots = slots
    }

    /// The node of the last such name.
    func find(_ name: UnsafeBufferPointer<UInt8>, _ document: Document) -> Int? {
        let node = slots[Self.slot(of: name, in: slots, document)]
        return node == 0 ? nil : Int(node)
    }

    private static func slot(of name: UnsafeBufferPointer<UInt8>, in slots: [UInt32], _ document: Document) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(name))
        var slot = hasher.finalize() & (slots.count - 1)
        while slots[slot] != 0, !document.isName(Int(slots[slot]), name) { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }
}
