import MessagePack
import Testing

@Suite struct MessagePackWriterTests {
    private func written(_ body: (inout MessagePackWriter) -> Void) -> [UInt8] {
        var writer = MessagePackWriter()
        body(&writer)
        return writer.bytes
    }

    @Test(arguments: [
        (0, "00"), (1, "01"), (127, "7f"), (128, "cc80"), (255, "ccff"), (256, "cd0100"), (65535, "cdffff"), (65536, "ce00010000"),
        (4_294_967_295, "ceffffffff"), (4_294_967_296, "cf0000000100000000"), (.max, "cf7fffffffffffffff"), (-1, "ff"), (-32, "e0"),
        (-33, "d0df"), (-128, "d080"), (-129, "d1ff7f"), (-32768, "d18000"), (-32769, "d2ffff7fff"), (-2_147_483_648, "d280000000"),
        (-2_147_483_649, "d3ffffffff7fffffff"), (.min, "d38000000000000000"),
    ])
    func integersTakeTheShortestForm(_ value: Int, _ expected: String) throws {
        #expect(written { $0.write(value) } == bytes(expected))
        #expect(written { $0.write([value]) } == bytes("91" + expected))
        #expect(try MessagePackEncoder().encode(Int64(value)) == bytes(expected))
        #expect(try MessagePackEncoder().encode([Int64(value)]) == bytes("91" + expected))
        #expect(try MessagePackEncoder().encode(["k": value]) == bytes("81a16b" + expected))
    }

    @Test func unsignedIntegersReachTheirMaximum() throws {
        #expect(written { $0.write(integer: UInt64.max) } == bytes("cfffffffffffffffff"))
        #expect(written { $0.write(integers: [UInt64.max, 0]) } == bytes("92cfffffffffffffffff00"))
        #expect(try MessagePackEncoder().encode([UInt64.max]) == bytes("91cfffffffffffffffff"))
    }

    @Test func scalarsHaveTheBytesOfTheSpecification() {
        #expect(written { $0.writeNil() } == [0xc0])
        #expect(written { $0.write(false) } == [0xc2])
        #expect(written { $0.write(true) } == [0xc3])
        #expect(written { $0.write(Float(1.5)) } == bytes("ca3fc00000"))
        #expect(written { $0.write(1.5) } == bytes("cb3ff8000000000000"))
        #expect(written { $0.write(-0.0) } == bytes("cb8000000000000000"))
    }

    @Test(arguments: [
        (0, "a0"), (1, "a1"), (31, "bf"), (32, "d920"), (255, "d9ff"), (256, "da0100"), (65535, "daffff"), (65536, "db00010000"),
    ])
    func stringHeadersFollowTheLength(_ count: Int, _ header: String) throws {
        let text = String(repeating: "x", count: count)
        let expected = bytes(header) + Array(text.utf8)
        #expect(written { $0.write(text) } == expected)
        #expect(try MessagePackEncoder().encode(text) == expected)
        #expect(try MessagePackEncoder().encode([text]) == [0x91] + expected)
    }

    @Test(arguments: [(0, "c400"), (255, "c4ff"), (256, "c50100"), (65535, "c5ffff"), (65536, "c600010000")])
    func binaryHeadersFollowTheLength(_ count: Int, _ header: String) throws {
        let octets = [UInt8](repeating: 7, count: count)
        #expect(written { $0.write(binary: octets) } == bytes(header) + octets)
        #expect(written { $0.write(binary: octets[...]) } == bytes(header) + octets)
        #expect(written { $0.write(binary: octets.span.bytes) } == bytes(header) + octets)
        #expect(try MessagePackEncoder().encode(octets) == bytes(header) + octets)
    }

    @Test(arguments: [(0, "90"), (15, "9f"), (16, "dc0010"), (65535, "dcffff"), (65536, "dd00010000")])
    func arrayHeadersFollowTheCount(_ count: Int, _ header: String) {
        #expect(written { $0.writeArrayHeader(count) } == bytes(header))
        #expect(written { $0.write([Bool](repeating: true, count: count)) } == bytes(header) + [UInt8](repeating: 0xc3, count: count))
    }

    @Test(arguments: [(0, "80"), (15, "8f"), (16, "de0010"), (65535, "deffff"), (65536, "df00010000")])
    func mapHeadersFollowTheCount(_ count: Int, _ header: String) {
        #expect(written { $0.writeMapHeader(count) } == bytes(header))
    }

    @Test(arguments: [
        (0, "c70005"), (1, "d405"), (2, "d505"), (3, "c70305"), (4, "d605"), (8, "d705"), (16, "d805"), (17, "c71105"), (255, "c7ff05"),
        (256, "c8010005"), (65535, "c8ffff05"), (65536, "c90001000005"),
    ])
    func extensionHeadersFollowTheLength(_ count: Int, _ header: String) throws {
        let payload = [UInt8](repeating: 9, count: count)
        #expect(written { $0.writeExtension(type: 5, payload) } == bytes(header) + payload)
        #expect(try MessagePackEncoder().encode(MessagePackValue.ext(type: 5, bytes: payload)) == bytes(header) + payload)
    }

    @Test func bulkArraysEqualTheirElements() {
        #expect(written { $0.write([Float(1.5), -2]) } == bytes("92 ca3fc00000 cac0000000"))
        #expect(written { $0.write([1.5, -2]) } == bytes("92 cb3ff8000000000000 cbc000000000000000"))
        #expect(written { $0.write([1, -1, 300]) } == bytes("93 01 ff cd012c"))
        #expect(written { $0.write(integers: [Int16(-300)]) } == bytes("91 d1fed4"))
        #expect(written { $0.write(["a", "", "bc"]) } == bytes("93 a161 a0 a26263"))
    }

    @Test func encodedValuesAreSpliced() throws {
        let value = try MessagePackRaw(encoding: ["x"])
        let result = written {
            $0.writeArrayHeader(3)
            $0.write(encoded: [0xc3])
            $0.write(encoded: [0x01, 0x02][1...])
            $0.write(value)
        }
        #expect(result == bytes("93 c3 02 91a178"))
    }

    @Test func writerContinuesAfterGivenBytes() {
        var writer = MessagePackWriter(appendingTo: [0xff])
        writer.reserve(100)
        writer.write(1)
        #expect(writer.bytes == [0xff, 0x01])
    }
}
