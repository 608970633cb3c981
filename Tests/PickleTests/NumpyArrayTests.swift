import Pickle
import Testing

@Suite struct NumpyArrayTests {
    @Test func sameTypeIsCopiedBitByBit() throws {
        let numbers: [Float] = [0, -0.0, .infinity, 1.5]
        let array = try NumpyArray(numbers, shape: [2, 2])
        #expect(try array.values(as: Float.self).map(\.bitPattern) == numbers.map(\.bitPattern))
        #expect(array.bytes.count == 16)
        #expect(array.elementType.description == "<f4")
    }

    @Test func otherNumericTypesAreConverted() throws {
        #expect(try NumpyArray([1, -2, 300] as [Int16]).values(as: Double.self) == [1, -2, 300])
        #expect(try NumpyArray([1.5, -2] as [Float16]).values(as: Float.self) == [1.5, -2])
        #expect(try NumpyArray([true, false]).values(as: Int.self) == [1, 0])
        #expect(try NumpyArray([1.0, 0.0]).values(as: Bool.self) == [true, false])
        #expect(try NumpyArray([UInt64.max]).values(as: UInt.self) == [.max])
        #expect(try NumpyArray([0x1p63]).values(as: UInt64.self) == [1 << 63])
        #expect(try NumpyArray(objects: [1, 2.5, .scalar(NumpyScalar(Int8(3)))]).values(as: Double.self) == [1, 2.5, 3])
    }

    @Test func numbersThatDoNotFitAreRefused() throws {
        #expect(throws: PickleError.self) { try NumpyArray([300] as [Int16]).values(as: UInt8.self) }
        #expect(throws: PickleError.self) { try NumpyArray([-1] as [Int16]).values(as: UInt64.self) }
        #expect(throws: PickleError.self) { try NumpyArray([1.5]).values(as: Int.self) }
        #expect(throws: PickleError.self) { try NumpyArray([Double.nan]).values(as: Int.self) }
        #expect(throws: PickleError.self) { try NumpyArray([0x1p63]).values(as: Int64.self) }
        #expect(throws: PickleError.self) { try NumpyArray([2] as [UInt8]).values(as: Bool.self) }
        #expect(throws: PickleError.self) { try NumpyArray(strings: ["1"]).values(as: Int.self) }
        #expect(throws: PickleError.self) { try NumpyArray(objects: ["1"]).values(as: Int.self) }
    }

    @Test func truthValuesAreNormalised() throws {
        let array = try NumpyArray(.bool, shape: [3], bytes: [0, 1, 2])
        #expect(array.bytes == [0, 1, 1])
        #expect(try array.values(as: Bool.self) == [false, true, true])
    }

    @Test func textLosesItsPadding() throws {
        let array = NumpyArray(strings: ["", "a漢", "😀b\u{301}"])
        #expect(array.elementType == .unicode(count: 3))
        #expect(try array.strings() == ["", "a漢", "😀b\u{301}"])
        let surrogate = try NumpyArray(.unicode(count: 1), shape: [1], bytes: [0, 0xd8, 0, 0])
        #expect(surrogate.element(at: 0) == nil)
        #expect(throws: PickleError.self) { try surrogate.strings() }
        let bytes = try NumpyArray(.bytes(count: 2), shape: [2], bytes: [1, 0, 0, 2])
        #expect(bytes.element(at: 0) == .bytes([1]))
        #expect(bytes.element(at: 1) == .bytes([0, 2]))
    }

    @Test func shapesMustMatchTheData() {
        #expect(throws: PickleError.self) { try NumpyArray([1, 2, 3], shape: [2]) }
        #expect(throws: PickleError.self) { try NumpyArray([1], shape: [-1]) }
        #expect(throws: PickleError.self) { try NumpyArray([Int](), shape: [0, .max, .max]) }
        #expect(throws: PickleError.self) { try NumpyArray(objects: [1], shape: [2]) }
        #expect(throws: PickleError.self) { try NumpyArray(.object, shape: [0], bytes: []) }
        #expect(throws: PickleError.self) { try NumpyArray(.bytes(count: 0), shape: [3], bytes: []) }
        #expect(throws: Never.self) { try NumpyArray([1], shape: []) }
        #expect(throws: Never.self) { try NumpyArray([Int](), shape: [3, 0]) }
    }

    @Test func rowsAreArraysOfOneDimensionLess() throws {
        let array = try NumpyArray(Array(0..<6), shape: [2, 3])
        #expect(array.row(1) == (try NumpyArray([3, 4, 5])))
        #expect(array.row(1)?.row(2)?.element(at: 0) == 5)
        #expect(array.row(2) == nil)
        #expect(array.row(-1) == nil)
        #expect(try NumpyArray([1], shape: []).row(0) == nil)
        #expect(try NumpyArray([Int](), shape: [3, 0]).row(2)?.shape == [0])
        #expect(try NumpyArray(objects: [1, 2], shape: [2, 1]).row(1)?.objects == [2])
    }

    @Test func scalarsKeepTypeAndValue() throws {
        #expect(NumpyScalar(Float(1.5)).value == 1.5)
        #expect(NumpyScalar(UInt64.max).value == .integer(UInt64.max))
        #expect(NumpyScalar(true).value == true)
        #expect(try NumpyScalar(.unicode(count: 0), bytes: []).value == "")
        #expect(throws: PickleError.self) { try NumpyScalar(.float32, bytes: [1]) }
        #expect(throws: PickleError.self) { try NumpyScalar(.unicode(count: 1), bytes: [0, 0xd8, 0, 0]) }
    }
}
