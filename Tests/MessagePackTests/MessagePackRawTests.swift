import Foundation
import MessagePack
import Testing

@Suite struct MessagePackRawTests {
    private struct Envelope: Codable {
        var identifier: Int
        var body: MessagePackRaw
        var rest: [MessagePackRaw]
        var absent: MessagePackRaw?
    }

    @Test func rawValuesPassThroughUnchanged() throws {
        // A form that this module's encoder would not choose.
        let body = bytes("93 cd0005 d90161 c0")
        let envelope = Envelope(
            identifier: 1, body: try MessagePackRaw(body), rest: [try MessagePackRaw([0xc0]), try MessagePackRaw([0x90])])
        let encoded = try MessagePackEncoder().encode(envelope)
        let back = try MessagePackDecoder().decode(Envelope.self, from: encoded)
        #expect(back.body.bytes == body)
        #expect(back.rest.map(\.bytes) == [[0xc0], [0x90]])
        #expect(back.absent == nil)
        #expect(try MessagePackEncoder().encode(back) == encoded)
    }

    @Test func rawValueIsMadeFromAndDecodedToOthers() throws {
        let raw = try MessagePackRaw(encoding: Person.sample)
        #expect(try raw.decode(Person.self) == Person.sample)
        #expect(try MessagePackEncoder().encode(raw) == raw.bytes)
    }

    @Test(arguments: ["", "c1", "91", "c0c0", "a261"])
    func onlyOneCompleteValueIsAccepted(_ input: String) {
        #expect(throws: MessagePackError.self) { try MessagePackRaw(bytes(input)) }
    }

    @Test func otherCodersAreRefused() throws {
        let raw = try MessagePackRaw([0xc0])
        #expect(throws: EncodingError.self) { try JSONEncoder().encode([raw]) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([MessagePackRaw].self, from: Data("[1]".utf8)) }
    }
}
