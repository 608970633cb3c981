import Pickle
import Testing

@Suite struct PickleValueTests {
    @Test func typesAreDistinguished() throws {
        let alike: [PickleValue] = [
            1, true, 1.0, .scalar(NumpyScalar(Int8(1))), .scalar(NumpyScalar(Float(1))), .array(try NumpyArray([1], shape: [])),
        ]
        for (left, a) in alike.enumerated() {
            for (right, b) in alike.enumerated() { #expect((a == b) == (left == right)) }
        }
        #expect(PickleValue.bytes([1]) != .bytearray([1]))
        #expect(PickleValue.list([]) != .tuple([]))
        #expect(PickleValue.set([]) != .frozenset([]))
        #expect(PickleValue.float(.nan) != .float(.nan))
    }

    @Test func anIntegerIsEqualInEitherCase() {
        #expect(PickleValue.bigInteger(PickleInteger(5)) == 5)
        #expect(Set([PickleValue.bigInteger(PickleInteger(5)), 5]).count == 1)
        #expect(PickleValue.integer(UInt64.max) == .bigInteger(PickleInteger(UInt64.max)))
    }

    @Test func setsAndDictionariesIgnoreTheOrder() {
        #expect(PickleValue.set([1, 2]) == .set([2, 1]))
        #expect(PickleValue.set([1, 2]) != .set([1, 3]))
        #expect(["a": 1, "b": [2]] as PickleValue == ["b": [2], "a": 1])
        #expect(["a": 1, "b": 2] as PickleValue != ["b": 1, "a": 2])
        #expect(["a": 1] as PickleValue != ["b": 1])
        #expect(Set<PickleValue>([["a": 1, "b": 2], ["b": 2, "a": 1]]).count == 1)
    }

    @Test func keysAreComparedAsPythonComparesThem() {
        var dictionary = PickleDictionary()
        dictionary[1] = "one"
        #expect(dictionary[true] == "one")
        #expect(dictionary[1.0] == "one")
        #expect(dictionary[.scalar(NumpyScalar(UInt8(1)))] == "one")
        #expect(dictionary["1"] == nil)
        dictionary[.float(0x1p70)] = "large"
        #expect(dictionary[.integer(Int128(1) << 70)] == "large")
        dictionary[.tuple([1, "a"])] = "tuple"
        #expect(dictionary[.tuple([1.0, "a"])] == "tuple")
        #expect(dictionary.count == 3)
        dictionary[true] = nil
        #expect(dictionary.count == 2)
    }

    @Test func textIsComparedByScalars() {
        #expect(PickleValue.string("\u{e9}") != .string("e\u{301}"))
        #expect(["\u{e9}": 1] as PickleValue != ["e\u{301}": 1])
    }
}
