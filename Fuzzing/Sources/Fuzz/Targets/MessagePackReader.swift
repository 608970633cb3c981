@testable internal import MessagePack

extension FuzzTarget {
    /// Values one after another: a read that fails leaves the reader where it was, and one that succeeds passes exactly one value.
    static let messagePackReader = FuzzTarget("messagepack-reader") { bytes in
        var input = FuzzInput(bytes)
        let choices = input.shortBytes()
        let body = input.remaining()
        var reader = MessagePackReader(body)
        for choice in choices {
            let start = reader.byteOffset
            var passing = reader
            let isWhole = (try? passing.skipValue()) != nil
            let succeeded = decoding(body.count, factor: 64) { try read(choice, from: &reader) } != nil
            guard succeeded else {
                expect(reader.byteOffset == start, "a failed read moved the reader")
                continue
            }
            expect(reader.byteOffset <= body.count, "beyond the end")
            // Headers are followed by the elements, so they pass less than a value.
            if choice % kinds > 1 {
                expect(isWhole && reader.byteOffset == passing.byteOffset, "a read passed something else than one value")
            }
        }
        expect(((try? reader.finish()) != nil) == (reader.byteOffset == body.count), "the end is not where it is")
    }

    private static let kinds: UInt8 = 18

    private static func read(_ choice: UInt8, from reader: inout MessagePackReader) throws {
        switch choice % kinds {
        case 0: _ = try reader.readArrayHeader()
        case 1: _ = try reader.readMapHeader()
        case 2: try reader.readNil()
        case 3: _ = try reader.readBool()
        case 4: _ = try reader.readInt()
        case 5: _ = try reader.readUInt64()
        case 6: _ = try reader.readFloat()
        case 7: _ = try reader.readDouble()
        case 8: _ = try reader.readString()
        case 9: _ = try reader.readBinary()
        case 10: _ = try reader.readExtension()
        case 11: _ = try reader.readRawValue()
        case 12: _ = try reader.readRawValues()
        case 13: _ = try reader.readFloats()
        case 14: _ = try reader.readDoubles()
        case 15: _ = try reader.readInts()
        case 16: _ = try reader.readBools()
        default: _ = try reader.readStrings()
        }
    }
}
