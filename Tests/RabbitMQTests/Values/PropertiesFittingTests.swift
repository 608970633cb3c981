import Testing

@testable import RabbitMQ

@Suite("Properties that fit")
struct PropertiesFittingTests {
    private func encodedSize(_ properties: MessageProperties) throws -> Int {
        let arena = Arena()
        _ = try properties.makeRaw(in: arena)
        return arena.encodedSize
    }

    @Test func whatFitsStaysAsItIs() {
        let properties = MessageProperties(headers: ["a": 1, "b": "two"], correlationID: "c", messageID: "m")
        #expect(properties.fitting(into: 4_096) == properties)
    }

    @Test func largestHeadersGoFirstAndAreNamed() throws {
        var headers: FieldTable = ["small": 1, "huge": .bytes([UInt8](repeating: 0, count: 5_000))]
        headers["large"] = .string(String(repeating: "x", count: 2_000))
        headers["last"] = "kept"
        let fitting = MessageProperties(headers: headers).fitting(into: 4_096)
        #expect(fitting.headers == ["small": 1, "large": headers["large"] ?? .void, "last": "kept", "x-dropped-headers": "huge"])
        #expect(try encodedSize(fitting) <= 4_096)
    }

    @Test func whatAMQPCannotSayIsLeftOut() throws {
        var deep: FieldValue = 1
        for _ in 0...FieldValue.maximumDepth { deep = .array([deep]) }
        let name = String(repeating: "n", count: 256)
        let headers = FieldTable(entries: [
            .init(name: "deep", value: deep), .init(name: name, value: 1), .init(name: "good", value: 1),
        ])
        let fitting = MessageProperties(headers: headers, correlationID: String(repeating: "c", count: 256)).fitting(into: 4_096)
        #expect(fitting.correlationID == nil)
        #expect(fitting.headers.map(\.name) == ["good", "x-dropped-headers"])
        #expect(fitting.headers["x-dropped-headers"]?.text == "correlation-id, deep, \(name.prefix(64))")
        #expect(try encodedSize(fitting) <= 4_096)
    }

    @Test(arguments: [1_000, 10_000, 100_000]) func anyHeadersFitIntoTheSmallestFrame(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let entries = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                let name = String(repeating: "é", count: .random(in: 0...140, using: &generator))
                return FieldTable.Entry(name: name, value: .string(String(repeating: "ü", count: .random(in: 0...900, using: &generator))))
            }
            let fitting = MessageProperties(headers: FieldTable(entries: entries), messageID: "m").fitting(into: 3_520)
            #expect(try encodedSize(fitting) <= 3_520)
            #expect((fitting.headers["x-dropped-headers"]?.text?.utf8.count ?? 0) <= 512)
        }
    }

    @Test func sizeIsThatOfTheEncoding() throws {
        let headers: FieldTable = [
            "a": true, "b": .int8(1), "c": .int16(1), "d": .int32(1), "e": 1, "f": .float(1), "g": 1.5, "h": .decimal(scale: 1, value: 1),
            "i": "text", "j": .bytes([1]), "k": .timestamp(1), "l": .array([1, .void]), "m": .table(["n": "o"]), "p": .void,
        ]
        let arena = Arena()
        _ = try arena.table(headers)
        #expect(headers.encodedSize() == arena.encodedSize)
    }
}
