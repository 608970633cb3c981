extension Document {
    /// Writes the value at `node` in its canonical form. Recursive to the depth that the limits allow.
    ///
    /// - Returns: The node of a name that occurs twice, at which it stops.
    func writeCanonical(_ node: Int, to output: inout JSONOutput) -> Int? {
        switch kind(of: node) {
        case .null: output.writeNull()
        case .false: output.write(false)
        case .true: output.write(true)
        case .integer, .decimal:
            output.writeEncoded(bytes[bytes.startIndex + nodes[node].range.lowerBound..<bytes.startIndex + nodes[node].range.upperBound])
        case .string, .escapedString: output.write(string(of: node))
        case .array:
            output.beginArray()
            var element = node + 1
            while element < next(after: node) {
                if element > node + 1 { output.separate() }
                if let name = writeCanonical(element, to: &output) { return name }
                element = next(after: element)
            }
            output.endArray()
        case .object:
            var members: [(name: [UInt8], node: Int)] = []
            members.reserveCapacity(Int(nodes[node].count))
            var name = node + 1
            while name < next(after: node) {
                members.append((withBytes(of: name) { nodes[name].kind == .escapedString ? Unescaping.bytes($0) : Array($0) }, name))
                name = next(after: name + 1)
            }
            members.sort { $0.name.lexicographicallyPrecedes($1.name) }
            output.beginObject()
            for (index, member) in members.enumerated() {
                if index > 0 {
                    if members[index - 1].name == member.name { return member.node }
                    output.separate()
                }
                output.write(name: string(of: member.node))
                if let name = writeCanonical(member.node + 1, to: &output) { return name }
            }
            output.endObject()
        }
        return nil
    }

    /// An error about a node of a text that is JSON.
    func error(_ code: JSONError.Code, _ message: String, at node: Int) -> JSONError {
        let offset = Int(nodes[node].offset)
        var (line, column) = (1, 1)
        for byte in bytes.prefix(offset) {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return JSONError(code: code, message: message, byteOffset: offset, line: line, column: column, path: "$")
    }
}
