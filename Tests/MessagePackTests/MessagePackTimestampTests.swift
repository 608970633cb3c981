import Foundation
import MessagePack
import Testing

@Suite struct MessagePackTimestampTests {
    @Test(arguments: [
        (0, 0, "d6ff 00000000"), (1, 0, "d6ff 00000001"), (4_294_967_295, 0, "d6ff ffffffff"), (4_294_967_296, 0, "d7ff 0000000100000000"),
        (0, 1, "d7ff 0000000400000000"), (17_179_869_183, 999_999_999, "d7ff ee6b27ffffffffff"),
        (17_179_869_184, 0, "c70cff 00000000 0000000400000000"), (-1, 999_999_999, "c70cff 3b9ac9ff ffffffffffffffff"),
        (Int64.min, 0, "c70cff 00000000 8000000000000000"),
    ])
    func instantsTakeTheShortestForm(_ seconds: Int64, _ nanoseconds: UInt32, _ expected: String) throws {
        let timestamp = MessagePackTimestamp(seconds: seconds, nanoseconds: nanoseconds)
        let encoded = try MessagePackEncoder().encode(timestamp)
        #expect(encoded == bytes(expected))
        #expect(try MessagePackDecoder().decode(MessagePackTimestamp.self, from: encoded) == timestamp)
        #expect(
            try MessagePackDecoder().decode([String: MessagePackTimestamp].self, from: [0x81, 0xa1, 0x74] + encoded) == ["t": timestamp])
        #expect(try JSONDecoder().decode(MessagePackTimestamp.self, from: JSONEncoder().encode(timestamp)) == timestamp)
    }

    @Test(arguments: [
        "d5ff 0000", "c700ff", "d7ff ffffffffffffffff", "c70cff 3b9aca00 0000000000000000", "d8ff 00000000000000000000000000000000",
    ])
    func otherPayloadsAreRefused(_ input: String) {
        #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(MessagePackTimestamp.self, from: bytes(input)) }
    }

    @Test func surplusNanosecondsAreCarried() {
        #expect(MessagePackTimestamp(seconds: 1, nanoseconds: 2_500_000_000) == MessagePackTimestamp(seconds: 3, nanoseconds: 500_000_000))
    }

    @Test func timestampsAreOrderedInTime() {
        #expect(MessagePackTimestamp(seconds: -1, nanoseconds: 5) < MessagePackTimestamp(seconds: -1, nanoseconds: 6))
        #expect(MessagePackTimestamp(seconds: -1, nanoseconds: 5) < MessagePackTimestamp(seconds: 0))
    }
}
