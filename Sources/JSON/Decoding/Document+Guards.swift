internal import FoundationEssentials

// Types whose own decoding, or use, ends the process at values that a text can have.
extension Document {
    /// Throws for what `URLComponents` ends the process at when it is decoded: a scheme with other characters, and a port below 0.
    func checkComponents(at node: Int, _ path: @autoclosure () -> CodingPath) throws {
        guard kind(of: node) == .object else { return }
        let container = KeyedDecoding<JSONKey>(document: self, node: node, path: path())
        if let scheme = try? container.decode(String.self, forKey: JSONKey("scheme")), !Self.isScheme(scheme) {
            throw DecodingError.dataCorrupted(
                .init(codingPath: path().appending(JSONKey("scheme")).keys, debugDescription: "the string is not the scheme of a URL"))
        }
        if let port = try? container.decode(Int.self, forKey: JSONKey("port")), port < 0 {
            throw DecodingError.dataCorrupted(
                .init(codingPath: path().appending(JSONKey("port")).keys, debugDescription: "a port is not negative"))
        }
    }

    /// RFC 3986, section 3.1.
    private static func isScheme(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || $0 &- 0x30 < 10 || "+-.".utf8.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// Throws for a duration of more seconds than `Int64` holds: its components, and its description, end the process.
    func check(_ duration: Duration?, _ path: @autoclosure () -> CodingPath) throws {
        guard let duration, Int64(exactly: duration.attoseconds / 1_000_000_000_000_000_000) == nil else { return }
        throw DecodingError.dataCorrupted(
            .init(codingPath: path().keys, debugDescription: "the duration is longer than \(Int64.max) seconds"))
    }
}
