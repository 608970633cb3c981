internal import FoundationEssentials
internal import JSON

extension FuzzTarget {
    /// All that reads JSON agrees on what is JSON; what is read is written, and reads as the same; a canonical form is one; and Foundation takes
    /// what is taken here.
    static let jsonDocuments = FuzzTarget("json-documents") { bytes in
        let reader = JSONReader()
        let isJSON = decoding(bytes.count, factor: 32) { try reader.check(bytes[...]) } != nil
        let value = decoding(bytes.count, factor: 512) { try reader.read(bytes[...]) }
        expect((value != nil) == isJSON, "what is read is not what is checked")
        let elements = decoding(bytes.count, factor: 256) { try reader.elements(of: bytes[...]) }
        let members = decoding(bytes.count, factor: 256) { try reader.members(of: bytes[...]) }
        let canonical = decoding(bytes.count, factor: 512) { try reader.canonical(bytes[...]) }
        guard let value else {
            expect(elements == nil && members == nil && canonical == nil, "what is not JSON has parts")
            return checkError(of: bytes)
        }
        var output = JSONOutput()
        output.write(value)
        let again = expectSuccess("what is written cannot be read") { try reader.read(output.bytes[...]) }
        expect(again == value, "a value changed on its way")
        if let canonical {
            let once = expectSuccess("a canonical form has none") { try reader.canonical(canonical[...]) }
            expect(once == canonical, "a canonical form has another")
        }
        check(elements: elements, members: members, of: value)
        if isShallow(bytes) {
            expectSuccess("Foundation refuses what is JSON") { _ = try JSONDecoder().decode(Anything.self, from: Data(bytes)) }
        }
    }

    /// Whether Foundation can be asked: it ends the process at a text that stops right after the 513th bracket.
    static func isShallow(_ bytes: [UInt8]) -> Bool {
        bytes.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") } <= 512
    }

    private static func checkError(of bytes: [UInt8]) {
        do {
            try JSONReader().check(bytes[...])
        } catch {
            expect((0...bytes.count).contains(error.byteOffset), "an error at byte \(error.byteOffset) of \(bytes.count)")
            expect(error.line >= 1 && error.column >= 1 && error.path.hasPrefix("$"), "an error nowhere: \(error)")
            expect(error.description.utf8.count < 2_048, "an error of \(error.description.utf8.count) bytes")
        }
    }

    private static func check(
        elements: [ArraySlice<UInt8>]?, members: [(name: String, value: ArraySlice<UInt8>)]?, of value: JSONValue
    ) {
        func read(_ bytes: ArraySlice<UInt8>) -> JSONValue { expectSuccess("a part is not JSON") { try JSONReader().read(bytes) } }
        switch value {
        case .array(let values): expect(elements.map { $0.map(read) } == values, "an array has other elements")
        case .object(let values):
            expect(members.map { $0.map { .init($0.name, read($0.value)) } } == values, "an object has other members")
        default: expect(elements == nil && members == nil, "a scalar has parts")
        }
    }
}

/// Decodes from any value, and keeps nothing of it.
private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
}
