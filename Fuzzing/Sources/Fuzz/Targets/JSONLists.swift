internal import FoundationEssentials
@testable internal import MLServingCore

extension FuzzTarget {
    /// The scanner that tells JSON values apart agrees with Foundation, which decodes them, on what is a list and an object.
    static let jsonLists = FuzzTarget("json-lists") { bytes in
        let elements = decoding(bytes.count, factor: 256) { try JSONCodec().split(list: bytes[...]) }
        let members = decoding(bytes.count, factor: 512) {
            var scanner = JSONScanner(bytes[...])
            let members = try scanner.readMembers()
            try scanner.finish()
            return members
        }
        expect(elements == nil || members == nil, "a list is an object")
        _ = decoding(bytes.count, factor: 1_024) { try JSONCodec().check(value: bytes[...]) }
        guard isShallow(bytes) else { return }
        // Foundation also takes UTF-16 and UTF-32, and passes over a byte order mark.
        guard !bytes.contains(where: { $0 == 0 || $0 >= 0xEF }) else { return }
        // It also lets a comma follow the last element.
        if let count = foundationCount(bytes) {
            let isLenient = elements == nil && hasTrailingComma(bytes)
            expect(elements?.count == count || isLenient, "a list of \(count) elements has \(elements?.count ?? -1)")
        } else if let elements, bytes.count < 512, elements.allSatisfy(isValue) {
            fatalError("a list of well-formed values is refused by Foundation")
        }
        if let names = foundationNames(bytes) {
            let found = members.map { Set($0.compactMap { $0.name.contains("\\") ? nil : $0.name }) }
            let isExact = found.map { $0.isSubset(of: names) } ?? hasTrailingComma(bytes)
            expect(isExact, "an object of \(names) has \(String(describing: found))")
        }
    }

    /// Whether Foundation can be asked: it ends the process at a text that stops right after the 513th bracket.
    static func isShallow(_ bytes: [UInt8]) -> Bool {
        bytes.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") } <= 512
    }

    private static func foundationCount(_ bytes: [UInt8]) -> Int? {
        try? JSONDecoder().decode([Anything].self, from: Data(bytes)).count
    }

    private static func foundationNames(_ bytes: [UInt8]) -> Set<String>? {
        (try? JSONDecoder().decode([String: Anything].self, from: Data(bytes))).map { Set($0.keys) }
    }

    private static func hasTrailingComma(_ bytes: [UInt8]) -> Bool {
        let signs = bytes.filter { !" \t\r\n".utf8.contains($0) }
        return zip(signs, signs.dropFirst()).contains { $0 == UInt8(ascii: ",") && "]}".utf8.contains($1) }
    }

    private static func isValue(_ bytes: ArraySlice<UInt8>) -> Bool {
        (try? JSONCodec().check(value: bytes)) != nil
    }
}

/// Decodes from any value, and keeps nothing of it.
private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
}
