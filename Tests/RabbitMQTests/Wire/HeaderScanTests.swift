import Testing

@testable import RabbitMQ

@Suite("HeaderScan")
struct HeaderScanTests {
    /// The payload of a header frame with a content type, headers and a message id.
    private func payload(headers table: [UInt8], bodySize: UInt64 = 5) -> [UInt8] {
        let size = withUnsafeBytes(of: bodySize.bigEndian) { [UInt8]($0) }
        let properties = ForgedFrame.shortText("text/plain") + longBytes(table) + ForgedFrame.shortText("m-1")
        return [0, 60, 0, 0] + size + [0b1010_0000, 0b1000_0000] + properties
    }

    private func longBytes(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { [UInt8]($0) } + bytes
    }

    private func scan(_ payload: [UInt8], limit: Int = 1 << 20) throws -> HeaderScan {
        try payload.withUnsafeBytes { bytes in Result { () throws(RabbitMQError) in try HeaderScan(bytes, limit: limit) } }.get()
    }

    private func entry(_ kind: Character, _ value: [UInt8], name: String = "name") -> [UInt8] {
        ForgedFrame.shortText(name) + Array(String(kind).utf8) + value
    }

    @Test func everyKindOfValueIsReadable() throws {
        let sizes: [(Character, Int)] = [
            ("V", 0), ("t", 1), ("b", 1), ("B", 1), ("s", 2), ("u", 2), ("I", 4), ("i", 4), ("f", 4), ("D", 5), ("l", 8), ("L", 8),
            ("d", 8), ("T", 8),
        ]
        var table = sizes.flatMap { entry($0.0, [UInt8](repeating: 1, count: $0.1)) }
        table += entry("S", longBytes([65])) + entry("x", longBytes([])) + entry("A", longBytes([116, 1, 86]))
        table += entry("F", longBytes(entry("F", longBytes([])) + entry("t", [0])))
        let scan = try scan(payload(headers: table))
        #expect(scan.defect == nil)
        #expect(scan.bodySize == 5)
    }

    @Test(
        arguments: [
            [1, 65, 63, 0],  // an unknown kind
            [5, 65],  // a name that is cut short
            [1, 65],  // a name without a value
            [1, 65, 73, 0, 0],  // a number that is cut short
            [1, 65, 83, 0, 0, 0, 9, 1],  // a text that is cut short
            [1, 65, 70, 0, 0, 0, 2, 5, 65],  // a nested table whose name is cut short
        ] as [[UInt8]])
    func unreadableHeadersLeaveTheOtherProperties(_ table: [UInt8]) throws {
        let scan = try scan(payload(headers: table))
        #expect(scan.defect != nil)
        #expect(scan.properties.contentType == "text/plain")
        #expect(scan.properties.messageID == "m-1")
        #expect(scan.properties.headers.isEmpty)
        #expect(scan.bodySize == 5)
    }

    @Test func nestingThatWouldExhaustTheStackIsADefect() throws {
        var table: [UInt8] = []
        for _ in 0..<5_000 { table = entry("F", longBytes(table), name: "") }
        #expect(try scan(payload(headers: table)).defect?.contains("deeper") == true)
    }

    @Test func propertiesBeyondTheLimitAreADefect() throws {
        let payload = payload(headers: entry("S", longBytes([UInt8](repeating: 65, count: 500))))
        #expect(try scan(payload, limit: payload.count).defect == nil)
        let scan = try scan(payload, limit: payload.count - 1)
        #expect(scan.defect != nil)
        #expect(scan.properties.messageID == "m-1")
    }

    @Test func everyPrefixOfAHeaderIsReadWithoutATrap() throws {
        let whole = payload(headers: entry("F", longBytes(entry("S", longBytes([65, 66])))))
        for count in 0..<whole.count {
            let prefix = Array(whole.prefix(count))
            if count < 12 {
                #expect(throws: RabbitMQError.self) { _ = try scan(prefix) }
            } else {
                #expect(try scan(prefix).defect != nil)
            }
        }
    }
}
