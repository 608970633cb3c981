import Foundation
import MessagePack
import Testing

@Suite struct MessagePackValueTests {
    private func coded(_ value: MessagePackValue) throws -> MessagePackValue {
        try MessagePackDecoder().decode(MessagePackValue.self, from: MessagePackEncoder().encode(value))
    }

    @Test func literalsSpellValues() throws {
        let value: MessagePackValue = ["a": [1, -2, 0.5, true, nil, "x"], 3: ["b": []]]
        #expect(value["a"]?[2] == .double(0.5))
        #expect(value["a"]?[5] == "x")
        #expect(value["a"]?[6] == nil)
        #expect(value["b"] == nil)
        #expect(value[0] == nil)
        #expect(try coded(value) == value)
    }

    @Test func decodedValuesMirrorTheInput() throws {
        let decoder = MessagePackDecoder()
        #expect(try decoder.decode(MessagePackValue.self, from: bytes("cf7fffffffffffffff")) == .int(.max))
        guard case .uint(.max) = try decoder.decode(MessagePackValue.self, from: bytes("cfffffffffffffffff")) else {
            return #expect(Bool(false), "not an unsigned integer")
        }
        guard case .float(1.5) = try decoder.decode(MessagePackValue.self, from: bytes("ca3fc00000")) else {
            return #expect(Bool(false), "not a 32-bit number")
        }
        let duplicated = bytes("82 a161 01 a161 02")
        let value = try decoder.decode(MessagePackValue.self, from: duplicated)
        #expect(value == .map([.init("a", 1), .init("a", 2)]))
        #expect(try MessagePackEncoder().encode(value) == duplicated)
    }

    @Test func integersAreOneTypeInBothCases() {
        #expect(MessagePackValue.int(5) == .uint(5))
        #expect(MessagePackValue.int(5).hashValue == MessagePackValue.uint(5).hashValue)
        #expect(MessagePackValue.int(-1) != .uint(.max))
        #expect(MessagePackValue.float(1) != .double(1))
        #expect(MessagePackValue.int(1) != .bool(true))
    }

    @Test func optionalValueDistinguishesAbsence() throws {
        struct Holder: Codable { var value: MessagePackValue? }
        let decoder = MessagePackDecoder()
        #expect(try decoder.decode(Holder.self, from: bytes("80")).value == nil)
        #expect(try decoder.decode(Holder.self, from: bytes("81 a576616c7565 05")).value == 5)
    }

    @Test func jsonCarriesWhatItCan() throws {
        let value: MessagePackValue = ["a": [1, -2, 0.5, true, nil, "x"], "b": [:], "big": .uint(.max)]
        let json = try JSONEncoder().encode(value)
        let back = try JSONDecoder().decode(MessagePackValue.self, from: json)
        #expect(back["a"] == value["a"])
        #expect(back["b"] == [:])
        #expect(back["big"] == .uint(.max))
        #expect(String(decoding: try JSONEncoder().encode(MessagePackValue.binary([1, 2])), as: UTF8.self) == "[1,2]")
        #expect(String(decoding: try JSONEncoder().encode([1: "x"] as MessagePackValue), as: UTF8.self) == "[1,\"x\"]")
        let extended = try JSONDecoder().decode(
            MessagePackValue.self, from: JSONEncoder().encode(MessagePackValue.ext(type: 5, bytes: [1])))
        #expect(extended["type"] == 5)
        #expect(extended["bytes"] == [1])
    }
}
