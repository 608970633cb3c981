import Testing

@testable import MLServingCore

/// What one format takes as a number of a type, all take.
@Suite("Numbers in all formats")
struct NumberLeniencyTests {
    /// `[1, 2.5, -3, 2^24 + 1, 2^53 + 1, 2^63]`, each number in the form that the format has for it.
    private struct Mixed: Encodable {
        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encode(1)
            try list.encode(2.5)
            try list.encode(-3)
            try list.encode((1 << 24) + 1)
            try list.encode((1 << 53) + 1)
            try list.encode(UInt64(1) << 63)
        }
    }

    private struct Holder<Number: Decodable>: Decodable { var numbers: [Number] }

    @Test(arguments: PayloadCodecTests.Format.allCases)
    func integersAreReadAsFloatingPointNumbers(format: PayloadCodecTests.Format) throws {
        let codec = format.codec
        let mixed = try codec.encode(Mixed())
        #expect(try codec.decode([Float].self, from: mixed[...]) == [1, 2.5, -3, 16_777_216, 9_007_199_254_740_992, 0x1p63])
        #expect(try codec.decode([Double].self, from: mixed[...]) == [1, 2.5, -3, 16_777_217, 9_007_199_254_740_992, 0x1p63])
        #expect(try codec.decode([Float?].self, from: mixed[...]).compactMap { $0 } == codec.decode([Float].self, from: mixed[...]))
        #expect(try codec.decode([Double?].self, from: mixed[...]).compactMap { $0 } == codec.decode([Double].self, from: mixed[...]))
        let held = try codec.encode(["numbers": Mixed()])
        #expect(try codec.decode(Holder<Float>.self, from: held[...]).numbers == codec.decode([Float].self, from: mixed[...]))
        #expect(try codec.decode([String: [Double]].self, from: held[...]) == ["numbers": codec.decode([Double].self, from: mixed[...])])
        #expect(try codec.decode([[Float]].self, from: codec.encode([Mixed(), Mixed()])[...]).count == 2)
    }

    @Test(arguments: PayloadCodecTests.Format.allCases)
    func integersOfEveryWidthAreReadAsFloatingPointNumbers(format: PayloadCodecTests.Format) throws {
        let codec = format.codec
        let integers: [Int] = [
            0, 1, 127, 128, 255, 256, 65_535, 65_536, 1 << 31, 1 << 32, 1 << 40, -1, -32, -33, -128, -129, -32_768, -32_769, -(1 << 40),
        ]
        let bytes = try codec.encode(integers)
        #expect(try codec.decode([Float].self, from: bytes[...]) == integers.map { Float($0) })
        #expect(try codec.decode([Double].self, from: bytes[...]) == integers.map { Double($0) })
        for integer in integers {
            let bytes = try codec.encode(integer)
            #expect(try codec.decode(Float.self, from: bytes[...]) == Float(integer))
            #expect(try codec.decode(Double.self, from: bytes[...]) == Double(integer))
        }
        let named = try codec.encode(["a": 3])
        #expect(try codec.decode([String: Float].self, from: named[...]) == ["a": 3])
        #expect(try codec.decode([String: Double].self, from: named[...]) == ["a": 3])
    }

    @Test(arguments: PayloadCodecTests.Format.allCases)
    func wholeNumbersAreReadAsIntegersAndOthersAreNot(format: PayloadCodecTests.Format) throws {
        let codec = format.codec
        #expect(try codec.decode([Int].self, from: codec.encode([1.0, -2.0, 1e15])[...]) == [1, -2, 1_000_000_000_000_000])
        #expect(throws: (any Error).self) { try codec.decode([Int].self, from: codec.encode([1.5])[...]) }
        #expect(throws: (any Error).self) { try codec.decode([UInt8].self, from: codec.encode([256.0])[...]) }
        #expect(throws: (any Error).self) { try codec.decode([Int].self, from: codec.encode([1e300])[...]) }
    }
}
