import Pickle
import Testing

@Suite struct PickleIntegerTests {
    @Test(arguments: [0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, .max, .min])
    func keepsSwiftIntegers(value: Int) {
        let integer = PickleInteger(value)
        #expect(Int(exactly: integer) == value)
        #expect(integer.description == String(value))
        #expect(integer.isNegative == (value < 0))
        #expect(PickleInteger(littleEndian: integer.bytes + [value < 0 ? 0xff : 0, value < 0 ? 0xff : 0]) == integer)
    }

    @Test func conversionsThatDoNotFitFail() {
        #expect(UInt64(exactly: PickleInteger(UInt64.max)) == .max)
        #expect(Int64(exactly: PickleInteger(UInt64.max)) == nil)
        #expect(UInt8(exactly: PickleInteger(256)) == nil)
        #expect(UInt8(exactly: PickleInteger(255)) == 255)
        #expect(UInt64(exactly: PickleInteger(-1)) == nil)
        #expect(Int8(exactly: PickleInteger(-129)) == nil)
        #expect(Int8(exactly: PickleInteger(-128)) == -128)
        #expect(Int128(exactly: PickleInteger(Int128.min)) == .min)
        #expect(UInt128(exactly: PickleInteger(UInt128.max)) == .max)
    }

    @Test func convertsToTheNearestDouble() {
        #expect(Double(PickleInteger(UInt64.max)) == Double(UInt64.max))
        #expect(Double(PickleInteger(-(Int128(1) << 100) - 1)) == -0x1p100)
        // Halfway cases go to even, and one unit beyond half goes up, however far below it lies.
        #expect(Double(PickleInteger((Int128(1) << 53 + 1) << 70)) == 0x1p123)
        #expect(Double(PickleInteger((Int128(1) << 53 + 1) << 70 + 1)) == 0x1.0000000000001p123)
        let large = [1] + [UInt8](repeating: 0, count: 25)
        #expect(Double(PickleInteger(littleEndian: large + [0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0x10, 0])).isFinite)
        #expect(Double(PickleInteger(littleEndian: [UInt8](repeating: 0, count: 128) + [1])) == .infinity)
        #expect(Double(PickleInteger(littleEndian: [UInt8](repeating: 0, count: 128) + [0xff])) == -.infinity)
    }

    @Test func takesOnlyWholeDoubles() {
        #expect(PickleInteger(exactly: -0.0) == PickleInteger(0))
        #expect(PickleInteger(exactly: 0x1p70).map { Double($0) } == 0x1p70)
        #expect(PickleInteger(exactly: -0x1.8p100).map { Double($0) } == -0x1.8p100)
        #expect(PickleInteger(exactly: Double.greatestFiniteMagnitude).map { Double($0) } == .greatestFiniteMagnitude)
        #expect(PickleInteger(exactly: 1.5) == nil)
        #expect(PickleInteger(exactly: .nan) == nil)
        #expect(PickleInteger(exactly: .infinity) == nil)
    }

    @Test func largeIntegersPrintTheirSize() {
        #expect(PickleInteger(littleEndian: [UInt8](repeating: 1, count: 1000)).description == "integer of 1000 bytes")
        #expect(PickleInteger(Int128(10) << 64).description == "184467440737095516160")
    }
}
