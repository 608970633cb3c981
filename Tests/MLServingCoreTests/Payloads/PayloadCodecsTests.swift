import MLServingCore
import Testing

@Suite("PayloadCodecs")
struct PayloadCodecsTests {
    @Test(arguments: [
        ("application/json; charset=utf-8", ContentType.json), ("APPLICATION/MSGPACK", .messagePack), ("application/json", .json),
        ("application/x-python-pickle", .pickle), ("application/x-python-serialize", .pythonSerialize),
    ])
    func findsTheCodec(contentType: String, expected: ContentType) throws {
        #expect(try PayloadCodecs.standard.codec(for: contentType).contentType == expected)
    }

    @Test(arguments: ["application/xml", "", "text/plain"])
    func namesWhatItKnowsWhenItDoesNotKnow(contentType: String) throws {
        let error = #expect(throws: ServingError.self) { try PayloadCodecs.standard.codec(for: contentType) }
        #expect(error?.code == .unsupportedContentType)
        #expect(error?.message.contains("application/json, application/msgpack, application/x-python-pickle") == true)
    }

    @Test func setKnowsOnlyWhatItWasGiven() {
        #expect(throws: ServingError.self) { try PayloadCodecs([JSONCodec()]).codec(for: "application/msgpack") }
        #expect(throws: ServingError.self) { try PayloadCodecs([JSONCodec()]).codec(sniffing: [1]) }
    }
}

@Suite("What a payload is that does not say it")
struct ContentTypeSniffingTests {
    /// What CPython writes for `{}`, `1`, `None`, `[1]`, `'a.'`, at protocols 0 to 5.
    @Test(arguments: [
        [UInt8]("(dp0\n.".utf8), [UInt8]("I1\n.".utf8), [UInt8]("N.".utf8), [UInt8]("}q\0.".utf8), [UInt8]("K\u{1}.".utf8),
        [UInt8]("]q\0K\u{1}a.".utf8), [UInt8]("Va.\np0\n.".utf8), [0x80, 2, 0x4E, 0x2E], [0x80, 3, 0x4B, 1, 0x2E],
        [0x80, 4, 0x4E, 0x2E], [0x80, 4, 0x95, 4, 0, 0, 0, 0, 0, 0, 0, 0x8C, 1, 0x61, 0x94, 0x2E], [0x80, 5, 0x4E, 0x2E],
    ])
    func pickleIsKnown(payload: [UInt8]) {
        #expect(ContentType.sniffed(from: payload[...]) == .pickle)
    }

    /// Among them those that look most like pickles: an empty map, numbers that are instructions, texts and bytes that end in a full stop.
    @Test(
        arguments: [
            [0x80], [0x2E], [0x4E], [], [0x81, 0x01, 0x2E], [0xA2, 0x80, 0x2E], [0xC4, 4, 0x80, 4, 0x4E, 0x2E], [0x92, 0x80, 0x2E],
            [0xCC, 0x2E],
        ] as [[UInt8]])
    func messagePackIsNeverTakenForPickle(payload: [UInt8]) {
        #expect(ContentType.sniffed(from: payload[...]) == .messagePack)
    }

    @Test func everyRandomMessagePackValueIsMessagePack() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...6, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) } + [0x2E]
            guard (try? MessagePackCodec().check(value: bytes[...])) != nil else { continue }
            #expect(ContentType.sniffed(from: bytes[...]) == .messagePack, "\(bytes)")
        }
    }
}
