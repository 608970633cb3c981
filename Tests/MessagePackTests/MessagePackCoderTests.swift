import Foundation
import MessagePack
import Testing

@Suite struct MessagePackCoderTests {
    private func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
        try MessagePackDecoder().decode(Value.self, from: MessagePackEncoder().encode(value))
    }

    private func roundTrips<Value: Codable & Equatable>(_ value: Value) throws -> Bool {
        try roundTrip(value) == value
    }

    @Test func structuresRoundTrip() throws {
        #expect(try roundTrips(Person.sample))
        #expect(try roundTrips([Person.sample, Person.sample]))
        #expect(try roundTrips(["x": Person.sample]))
    }

    @Test func structureIsMapInOrderOfItsProperties() throws {
        #expect(try MessagePackEncoder().encode(Address(street: "a", number: 5)) == bytes("82 a6737472656574 a161 a66e756d626572 05"))
        #expect(try MessagePackEncoder().encode(Address(street: "a", number: nil)) == bytes("81 a6737472656574 a161"))
    }

    @Test func enumerationsRoundTrip() throws {
        #expect(try roundTrips([Color.red, .green]))
        #expect(try roundTrips([Level.low, .high]))
        let shape = Shape.group(.polygon([Address(street: "s", number: 1)], closed: true), .group(.circle(radius: 2), .empty))
        #expect(try roundTrips(shape))
        #expect(try MessagePackEncoder().encode(Shape.circle(radius: 1)) == bytes("81 a6636972636c65 81 a6726164697573 cb3ff0000000000000"))
    }

    @Test func classesRoundTripWithTheirSuperclass() throws {
        let dog = Dog(name: "Rex")
        dog.legs = 3
        let copy = try roundTrip(dog)
        #expect(copy.name == "Rex")
        #expect(copy.legs == 3)
        #expect(try MessagePackEncoder().encode(dog) == bytes("82 a5737570657281a46c65677303 a46e616d65a3526578"))
    }

    @Test(arguments: [0, 1, 15, 16, 17, 300, 70000])
    func interleavedContainersRoundTrip(_ count: Int) throws {
        let columns = Columns(rows: (0..<count).map { Address(street: "street \($0)", number: $0 % 3 == 0 ? nil : $0) })
        #expect(try roundTrips(columns))
        #expect(try roundTrips([columns, columns]))
    }

    @Test(arguments: [0, 1, 15, 16, 17, 65535, 65536])
    func countsOfAnySizeHaveTheShortestHeader(_ count: Int) throws {
        let addresses = (0..<count).map { Address(street: "s\($0)", number: $0) }
        let encoded = try MessagePackEncoder().encode(addresses)
        #expect(encoded.first == (count < 16 ? 0x90 + UInt8(count) : count < 65536 ? 0xdc : 0xdd))
        #expect(try MessagePackDecoder().decode([Address].self, from: encoded) == addresses)
        let byNumber = Dictionary(uniqueKeysWithValues: addresses.enumerated().map { ($0.offset, $0.element) })
        let encodedMap = try MessagePackEncoder().encode(byNumber)
        #expect(encodedMap.first == (count < 16 ? 0x80 + UInt8(count) : count < 65536 ? 0xde : 0xdf))
        #expect(try MessagePackDecoder().decode([Int: Address].self, from: encodedMap) == byNumber)
    }

    @Test func primitiveArraysRoundTrip() throws {
        #expect(try roundTrips([Float(1.5), .infinity, -0.0, .leastNonzeroMagnitude]))
        #expect(try roundTrips([1.5, -.infinity, .greatestFiniteMagnitude]))
        #expect(try roundTrips([Int8.min, -33, -32, -1, 0, .max]))
        #expect(try roundTrips([Int16.min, -129, 128, .max]))
        #expect(try roundTrips([Int32.min, -32769, 32768, .max]))
        #expect(try roundTrips([Int64.min, .max]))
        #expect(try roundTrips([Int.min, 0, .max]))
        #expect(try roundTrips([UInt8.min, 127, 128, .max]))
        #expect(try roundTrips([UInt16.max, 0]))
        #expect(try roundTrips([UInt32.max, 0]))
        #expect(try roundTrips([UInt64.max, 0]))
        #expect(try roundTrips([UInt.max, 0]))
        #expect(try roundTrips([true, false]))
        #expect(try roundTrips(["", "é", String(repeating: "long", count: 100)]))
        #expect(try roundTrips([[1, 2], [], [3]]))
        #expect(try roundTrips([Float?.some(1), nil]))
        #expect(try roundTrips([Set([1, 2, 3])]))
        #expect(try roundTrip([Float.nan])[0].isNaN)
    }

    @Test func scalarsRoundTripAlone() throws {
        #expect(try roundTrips(true))
        #expect(try roundTrips("text"))
        #expect(try roundTrips(Float(0.1)))
        #expect(try roundTrips(0.1))
        #expect(try roundTrips(Int8(-5)))
        #expect(try roundTrips(Int16(-500)))
        #expect(try roundTrips(Int32(-70000)))
        #expect(try roundTrips(UInt8(200)))
        #expect(try roundTrips(UInt16(60000)))
        #expect(try roundTrips(UInt32.max))
        #expect(try roundTrips(UInt.max))
        #expect(try roundTrips(Int?.none))
        #expect(try roundTrips(Int??.some(3)))
    }

    @Test func floatingPointKeepsItsWidth() throws {
        #expect(try MessagePackEncoder().encode(["f": Float(1)]) == bytes("81a166 ca3f800000"))
        #expect(try MessagePackEncoder().encode(["f": 1.0]) == bytes("81a166 cb3ff0000000000000"))
    }

    @Test func dictionariesRoundTrip() throws {
        #expect(try roundTrips(["a": 1, "": 2]))
        #expect(try roundTrips(["a": "x"]))
        #expect(try roundTrips(["a": Float(1)]))
        #expect(try roundTrips(["a": true]))
        #expect(try roundTrips(["a": [1, 2]]))
        #expect(try roundTrips(["42": UInt8(1)]))
        #expect(try roundTrips([1: [2: "x"]]))
        #expect(try roundTrips([Int8(1): "x"]))
        #expect(try roundTrips([UInt8(1): "x"]))
        #expect(try roundTrips(Dictionary(uniqueKeysWithValues: (0..<1000).map { ("key \($0)", UInt8($0 % 256)) })))
    }

    @Test func onlyDictionariesOfIntHaveIntegerKeys() throws {
        #expect(try MessagePackEncoder().encode([300: UInt8(1)]) == bytes("81 cd012c 01"))
        #expect(try MessagePackEncoder().encode(["300": UInt8(1)]) == bytes("81 a3333030 01"))
        #expect(try MessagePackEncoder().encode(["outer": [7: UInt8(1)]]) == bytes("81 a56f75746572 81 07 01"))
        #expect(try MessagePackDecoder().decode([Int: UInt8].self, from: bytes("81 a3333030 01")) == [300: 1])
        #expect(try MessagePackDecoder().decode([String: UInt8].self, from: bytes("81 cd012c 01")) == ["300": 1])
        #expect(try MessagePackDecoder().decode([String: Int].self, from: bytes("81 cd012c 01")) == ["300": 1])
    }

    @Test func collectionsOfBytesAreBinary() throws {
        #expect(try MessagePackEncoder().encode([UInt8]([1, 2])) == bytes("c402 0102"))
        #expect(try MessagePackEncoder().encode(Data([1, 2])) == bytes("c402 0102"))
        #expect(try MessagePackEncoder().encode(ContiguousArray<UInt8>([1, 2])) == bytes("c402 0102"))
        #expect(try MessagePackEncoder().encode(Set<UInt8>([1])) == bytes("91 01"))
        for count in [0, 1, 255, 256, 65535, 65536] {
            let data = Data((0..<count).map { UInt8(truncatingIfNeeded: $0) })
            #expect(try roundTrips([data, data]))
            #expect(try MessagePackDecoder().decode([UInt8].self, from: MessagePackEncoder().encode(data)) == [UInt8](data))
        }
        #expect(try MessagePackDecoder().decode([UInt8].self, from: bytes("93 01 ccff 02")) == [1, 255, 2])
    }

    @Test func bytesAreAppended() throws {
        var output: [UInt8] = [0xaa]
        try MessagePackEncoder().encode(Person.sample, into: &output)
        try MessagePackEncoder().encode([1.5], into: &output)
        #expect(output.first == 0xaa)
        var reader = MessagePackReader(output[1...])
        #expect(try MessagePackDecoder().decode(Person.self, from: try reader.readRawValue()) == Person.sample)
        #expect(try reader.readDoubles() == [1.5])
    }

    @Test func anyContiguousMemoryIsDecoded() throws {
        let encoded = try MessagePackEncoder().encode(Person.sample)
        let decoder = MessagePackDecoder()
        #expect(try decoder.decode(Person.self, from: encoded.span.bytes) == Person.sample)
        #expect(try encoded.withUnsafeBytes { try decoder.decode(Person.self, from: $0) } == Person.sample)
        #expect(try decoder.decode(Person.self, from: ([0] + encoded + [0])[1...encoded.count]) == Person.sample)
    }

    @Test func sortedKeysMakeEqualValuesEqualBytes() throws {
        var encoder = MessagePackEncoder()
        encoder.sortedKeys = true
        let value: MessagePackValue = ["b": 1, "a": ["d": 2, "c": [["f": 1, "e": 2]]], 5: "n", "": nil]
        let expected: MessagePackValue = [5: "n", "": nil, "a": ["c": [["e": 2, "f": 1]], "d": 2], "b": 1]
        #expect(try encoder.encode(value) == MessagePackEncoder().encode(expected))
        let many = Dictionary(uniqueKeysWithValues: (0..<200).map { ("\($0)", $0) })
        let keys = try MessagePackDecoder().decode(MessagePackValue.self, from: encoder.encode(many))
        guard case .map(let entries) = keys else { return #expect(Bool(false), "no map: \(keys)") }
        let sorted: [MessagePackValue] = many.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { .string($0) }
        #expect(entries.map(\.key) == sorted)
    }

    @Test func userInfoReachesTheValues() throws {
        struct Informed: Codable {
            static let key = CodingUserInfoKey(rawValue: "answer")!
            var answer: Int
            init() { answer = 0 }
            init(from decoder: any Decoder) throws { answer = decoder.userInfo[Self.key] as? Int ?? -1 }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode(encoder.userInfo[Self.key] as? Int)
            }
        }
        var encoder = MessagePackEncoder()
        encoder.userInfo[Informed.key] = 42
        #expect(try encoder.encode(Informed()) == [42])
        var decoder = MessagePackDecoder()
        decoder.userInfo[Informed.key] = 43
        #expect(try decoder.decode(Informed.self, from: [0xc0]).answer == 43)
    }

    @Test func randomValuesRoundTrip() throws {
        var random = RandomValue(generator: SplitMix(seed: 2024))
        for _ in 0..<3000 {
            let value = random.next()
            #expect(try roundTrips(value))
            #expect(try roundTrips(["wrapped": [value]]))
        }
    }
}
