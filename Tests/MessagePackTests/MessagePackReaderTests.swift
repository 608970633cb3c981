import MessagePack
import Testing

@Suite struct MessagePackReaderTests {
    @Test func valuesAreReadOneAfterAnother() throws {
        var writer = MessagePackWriter()
        writer.writeNil()
        writer.write(true)
        writer.write(-5)
        writer.write(integer: UInt64.max)
        writer.write(Float(0.5))
        writer.write(0.25)
        writer.write("grüße")
        writer.write(binary: [1, 2, 3])
        writer.writeExtension(type: -7, [4, 5])
        var reader = MessagePackReader(writer.bytes)
        try reader.readNil()
        #expect(try reader.readBool())
        #expect(try reader.readInt() == -5)
        #expect(try reader.readUInt64() == .max)
        #expect(try reader.readFloat() == 0.5)
        #expect(try reader.readDouble() == 0.25)
        #expect(try reader.readString() == "grüße")
        #expect(try reader.readBinary() == [1, 2, 3])
        let (type, payload) = try reader.readExtension()
        #expect(type == -7)
        #expect(payload == [4, 5])
    }

    @Test func arraysOfPrimitivesAreReadInBulk() throws {
        var writer = MessagePackWriter()
        writer.write([Float(1), 2])
        writer.write([1.0, 2])
        writer.write([1, -70000])
        writer.write([true, false])
        writer.write(["a", "b"])
        var reader = MessagePackReader(writer.bytes)
        #expect(try reader.readFloats() == [1, 2])
        #expect(try reader.readDoubles() == [1, 2])
        #expect(try reader.readInts() == [1, -70000])
        #expect(try reader.readBools() == [true, false])
        #expect(try reader.readStrings() == ["a", "b"])
        #expect(reader.isAtEnd)
        try reader.finish()
    }

    @Test(arguments: [
        ("c0", MessagePackType.nil), ("c2", .bool), ("05", .integer), ("ff", .integer), ("cc05", .integer), ("d3", .integer),
        ("ca", .float),
        ("cb", .double), ("a0", .string), ("d9", .string), ("c4", .binary), ("90", .array), ("dd", .array), ("80", .map), ("df", .map),
        ("d4", .extension), ("c9", .extension),
    ])
    func typeIsSeenWithoutReading(_ input: String, _ type: MessagePackType) throws {
        let reader = MessagePackReader(bytes(input))
        #expect(try reader.peekType() == type)
        #expect(reader.byteOffset == 0)
    }

    @Test func arrayIsSplitIntoEncodedElements() throws {
        let encoded = try MessagePackEncoder().encode([MessagePackValue.string("a"), [1, ["b": nil]], 3.5])
        var reader = MessagePackReader([0xff] + encoded)
        _ = try reader.readInt()
        let elements = try reader.readRawValues()
        #expect(elements.map(Array.init) == [bytes("a161"), bytes("9201 81a162c0"), bytes("cb400c000000000000")])
        #expect(reader.isAtEnd)
    }

    @Test func readerOfSliceCountsFromItsStart() throws {
        let input: [UInt8] = [0, 0, 0x91, 0x05, 0xc0]
        var reader = MessagePackReader(input[2...])
        #expect(try reader.readRawValue() == [0x91, 0x05])
        #expect(reader.byteOffset == 2)
        #expect(throws: MessagePackError(.typeMismatch, "expected integer, found nil", byteOffset: 2)) { try reader.readInt() }
    }

    @Test func failedReadDoesNotMove() throws {
        var reader = MessagePackReader(bytes("92 01 a3 6162"))
        #expect(try reader.readArrayHeader() == 2)
        #expect(throws: MessagePackError.self) { try reader.readString() }
        #expect(reader.byteOffset == 1)
        #expect(try reader.readInt() == 1)
        #expect(throws: MessagePackError.self) { try reader.readString() }
        #expect(reader.byteOffset == 2)
    }

    @Test func errorsNameKindAndPlace() {
        func code(_ input: String, _ read: (inout MessagePackReader) throws(MessagePackError) -> Void) -> MessagePackError.Code? {
            var reader = MessagePackReader(bytes(input))
            do throws(MessagePackError) {
                try read(&reader)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code("") { reader throws(MessagePackError) in try reader.skipValue() } == .truncated)
        #expect(code("c1") { reader throws(MessagePackError) in try reader.skipValue() } == .reservedByte)
        #expect(code("c1") { reader throws(MessagePackError) in _ = try reader.readInt() } == .reservedByte)
        #expect(code("c1") { reader throws(MessagePackError) in _ = try reader.peekType() } == .reservedByte)
        #expect(code("a1ff") { reader throws(MessagePackError) in _ = try reader.readString() } == .invalidUTF8)
        #expect(code("a3eda080") { reader throws(MessagePackError) in _ = try reader.readString() } == .invalidUTF8)
        #expect(code("cfffffffffffffffff") { reader throws(MessagePackError) in _ = try reader.readInt() } == .outOfRange)
        #expect(code("ddffffffff00") { reader throws(MessagePackError) in _ = try reader.readArrayHeader() } == .truncated)
        #expect(code("dfffffffff00") { reader throws(MessagePackError) in _ = try reader.readMapHeader() } == .truncated)
        #expect(code("8201c001") { reader throws(MessagePackError) in _ = try reader.readMapHeader() } == .truncated)
        #expect(code("8201c001c0") { reader throws(MessagePackError) in _ = try reader.readMapHeader() } == nil)
        #expect(code("c0c0") { reader throws(MessagePackError) in try reader.finish() } == .trailingBytes)
    }

    @Test func anyDepthIsSkipped() throws {
        let depth = 1_000_000
        var reader = MessagePackReader([UInt8](repeating: 0x91, count: depth) + [0xc0, 0x01])
        try reader.skipValue()
        #expect(reader.byteOffset == depth + 1)
        var open = MessagePackReader([UInt8](repeating: 0x91, count: depth))
        #expect(throws: MessagePackError.self) { try open.skipValue() }
    }

    @Test func everyFormatIsSkipped() throws {
        var random = RandomValue(generator: SplitMix(seed: 11))
        for _ in 0..<500 {
            let encoded = try MessagePackEncoder().encode(random.next())
            var reader = MessagePackReader(encoded + [0xc0])
            #expect(try reader.readRawValue() == encoded[...])
            try reader.readNil()
        }
    }
}
