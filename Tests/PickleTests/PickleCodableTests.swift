import Foundation
import Pickle
import Testing

@Suite struct PickleCodableTests {
    private struct Address: Codable, Equatable {
        var city: String
        var zip: Int?
    }

    private struct Person: Codable, Equatable {
        var name: String
        var age: UInt8
        var scores: [Float]
        var matrix: [[Double]]
        var photo: [UInt8]
        var address: Address
        var others: [String: Address]
        var byNumber: [Int: String]
        var nickname: String?
        var kind: Kind
        var flags: [Bool]

        enum Kind: String, Codable { case plain, special }
    }

    private static let person = Person(
        name: "Ada", age: 36, scores: [1, 2.5], matrix: [[1], [2, 3]], photo: [0, 255], address: Address(city: "London", zip: nil),
        others: ["é": Address(city: "Turin", zip: 10100)], byNumber: [2: "two", -1: "minus"], nickname: nil, kind: .special,
        flags: [true, false]
    )

    @Test(arguments: [PickleEncoder.NumericArrayForm.list, .numpy], [PickleWriter.ProtocolVersion.two, .four])
    func structuresRoundTrip(form: PickleEncoder.NumericArrayForm, version: PickleWriter.ProtocolVersion) throws {
        let encoder = PickleEncoder(numericArrays: form, writer: PickleWriter(protocolVersion: version))
        #expect(try PickleDecoder().decode(Person.self, from: try encoder.encode(Self.person)) == Self.person)
    }

    @Test func structuresBecomeDictionariesWithTextKeys() throws {
        let value = try PickleEncoder().encodeToValue(Self.person)
        guard case .dictionary(let dictionary) = value else { throw PickleErrorOfTest() }
        #expect(dictionary["name"] == "Ada")
        #expect(dictionary["scores"] == [1.0, 2.5])
        #expect(dictionary["matrix"] == [[1.0], [2.0, 3.0]])
        #expect(dictionary["photo"] == .bytes([0, 255]))
        #expect(dictionary["address"] == ["city": "London"])
        #expect(dictionary["byNumber"] == [-1: "minus", 2: "two"])
        #expect(dictionary["kind"] == "special")
        #expect(dictionary["nickname"] == nil)
    }

    @Test func numericArraysBecomeNumpyArraysOnRequest() throws {
        let encoder = PickleEncoder(numericArrays: .numpy)
        #expect(try encoder.encodeToValue([1, 2] as [Float]) == .array(try NumpyArray([1, 2] as [Float])))
        #expect(
            try encoder.encodeToValue([[1], [2]] as [[Int32]])
                == .list([.array(try NumpyArray([1] as [Int32])), .array(try NumpyArray([2] as [Int32]))]))
        #expect(try encoder.encodeToValue([1] as [UInt8]) == .bytes([1]))
        #expect(try encoder.encodeToValue(["a"]) == ["a"])
    }

    @Test func emptyArraysKeepTheirType() throws {
        #expect(try PickleEncoder().encodeToValue([Float]()) == [])
        #expect(try PickleEncoder().encodeToValue([UInt8]()) == .bytes([]))
        #expect(try PickleEncoder().encodeToValue([String: Int]()) == [:])
    }

    @Test func binaryDataDecodesAsItsBytes() throws {
        #expect(try PickleDecoder().decode([UInt8].self, fromValue: .bytearray([0, 255])) == [0, 255])
        #expect(try PickleDecoder().decode([Int].self, fromValue: .bytes([0, 255])) == [0, 255])
        #expect(try PickleDecoder().decode([Float].self, fromValue: .bytes([])) == [])
    }

    @Test(arguments: 0..<5)
    func numbersDecodeFromAnySequence(index: Int) throws {
        let values: [PickleValue] = [
            [1, 2.0, .scalar(NumpyScalar(Int8(3)))], .tuple([1, 2, 3]), .array(try NumpyArray([1, 2, 3] as [UInt16])),
            .array(try NumpyArray([1, 2, 3] as [Double])), .array(try NumpyArray(objects: [1, 2.0, 3])),
        ]
        let value = values[index]
        let decoder = PickleDecoder()
        #expect(try decoder.decode([Float].self, fromValue: value) == [1, 2, 3])
        #expect(try decoder.decode([Int].self, fromValue: value) == [1, 2, 3])
        #expect(try decoder.decode([UInt8].self, fromValue: value) == [1, 2, 3])
        #expect(try decoder.decode(Set<Double>.self, fromValue: value) == [1, 2, 3])
        #expect(try decoder.decode([Float?].self, fromValue: value) == [1, 2, 3])
    }

    @Test func matricesDecodeFromArraysAndListsOfRows() throws {
        let decoder = PickleDecoder()
        let rows = [[1, 2, 3], [4, 5, 6]] as [[Float]]
        #expect(
            try decoder.decode([[Float]].self, fromValue: .array(try NumpyArray([1, 2, 3, 4, 5, 6] as [Int8], shape: [2, 3]))) == rows)
        #expect(try decoder.decode([[Float]].self, fromValue: .list(try rows.map { .array(try NumpyArray($0)) })) == rows)
        #expect(try decoder.decode([[Float]].self, fromValue: .tuple([[1, 2, 3], .tuple([4, 5, 6])])) == rows)
        #expect(try decoder.decode([[[Float]]].self, fromValue: .array(try NumpyArray([1, 2], shape: [1, 2, 1]))) == [[[1], [2]]])
        #expect(throws: DecodingError.self) { try decoder.decode([Float].self, fromValue: .array(try NumpyArray([1, 2], shape: [1, 2]))) }
    }

    @Test func numpyScalarsDecodeAsPlainValues() throws {
        let decoder = PickleDecoder()
        #expect(try decoder.decode(Float.self, fromValue: .scalar(NumpyScalar(Float(1.5)))) == 1.5)
        #expect(try decoder.decode(Int.self, fromValue: .scalar(NumpyScalar(Int32(7)))) == 7)
        #expect(try decoder.decode(Bool.self, fromValue: .scalar(NumpyScalar(true))))
        #expect(try decoder.decode(String.self, fromValue: .scalar(try NumpyScalar(.unicode(count: 1), bytes: [97, 0, 0, 0]))) == "a")
        #expect(try decoder.decode(Double.self, fromValue: .array(try NumpyArray([2.5], shape: []))) == 2.5)
        #expect(try decoder.decode([String].self, fromValue: .array(NumpyArray(strings: ["a", "b"]))) == ["a", "b"])
        #expect(try decoder.decode([Bool].self, fromValue: .array(try NumpyArray([true, false]))) == [true, false])
    }

    @Test func numbersMustFit() {
        let decoder = PickleDecoder()
        #expect(throws: DecodingError.self) { try decoder.decode(UInt8.self, fromValue: 256) }
        #expect(throws: DecodingError.self) { try decoder.decode([UInt8].self, fromValue: [256]) }
        #expect(throws: DecodingError.self) { try decoder.decode(Int.self, fromValue: 1.5) }
        #expect(throws: DecodingError.self) { try decoder.decode(Int.self, fromValue: .integer(UInt64.max)) }
        #expect(throws: DecodingError.self) { try decoder.decode(Int.self, fromValue: true) }
        #expect(throws: DecodingError.self) { try decoder.decode([Int].self, fromValue: [true]) }
        #expect(throws: DecodingError.self) { try decoder.decode(Bool.self, fromValue: 1) }
        #expect(throws: DecodingError.self) { try decoder.decode([Bool].self, fromValue: [1]) }
        #expect(throws: DecodingError.self) { try decoder.decode(String.self, fromValue: .bytes([])) }
        #expect(throws: DecodingError.self) { try decoder.decode([Float].self, fromValue: [1, nil]) }
    }

    @Test func wideIntegersDecode() throws {
        #expect(try PickleDecoder().decode(UInt64.self, fromValue: .integer(UInt64.max)) == .max)
        #expect(try PickleDecoder().decode(Double.self, fromValue: .integer(Int128(1) << 100)) == 0x1p100)
        #expect(try PickleDecoder().decode([Float].self, fromValue: [.integer(-(Int128(1) << 100))]) == [-0x1p100])
    }

    @Test func errorsCarryThePathAndThePickleError() {
        let nested: PickleValue = ["name": "x", "age": "old"]
        #expect {
            try PickleDecoder().decode([String: [Address]].self, fromValue: ["a": [["city": "b"], nested]])
        } throws: { error in
            guard case DecodingError.keyNotFound(let key, let context)? = error as? DecodingError else { return false }
            return key.stringValue == "city" && context.codingPath.map(\.stringValue) == ["a", "Index 1"]
        }
        #expect {
            try PickleDecoder().decode(Int.self, from: program("cos\nsystem\n."))
        } throws: { error in
            guard case DecodingError.dataCorrupted(let context)? = error as? DecodingError else { return false }
            return (context.underlyingError as? PickleError)?.code == .refusedGlobal
        }
    }

    @Test func dictionariesWithIntegerKeysDecode() throws {
        #expect(try PickleDecoder().decode([Int: String].self, fromValue: [1: "a", -2: "b"]) == [1: "a", -2: "b"])
        #expect(
            try PickleDecoder().decode(
                [String: Int].self,
                fromValue: .dictionary(
                    PickleDictionary(
                        distinct: (0..<40).map {
                            .init(key: .string("k\($0)"), value: .int($0))
                        }))
            ).count == 40)
    }

    @Test func plainValuesPassThrough() throws {
        struct Mixed: Codable, Equatable {
            var anything: PickleValue
            var array: NumpyArray
            var scalar: NumpyScalar
            var list: [PickleValue]
        }
        let mixed = Mixed(
            anything: .tuple([1, .set([2])]), array: try NumpyArray([1, 2] as [Float], shape: [1, 2]), scalar: NumpyScalar(Int8(1)),
            list: [nil, .bytes([1])]
        )
        #expect(try PickleDecoder().decode(Mixed.self, from: try PickleEncoder().encode(mixed)) == mixed)
    }

    @Test func otherFormatsGetPlainValues() throws {
        let value: PickleValue = ["a": [1, 2.5, nil, true, "x"], "b": .tuple([.array(try NumpyArray([1, 2, 3, 4], shape: [2, 2]))])]
        let json = try JSONEncoder().encode(value)
        let back = try JSONDecoder().decode(PickleValue.self, from: json)
        #expect(back == ["a": [1, 2.5, nil, true, "x"], "b": [[[1, 2], [3, 4]]]])
        let array = try NumpyArray([1.5, 2], shape: [2, 1])
        #expect(try JSONDecoder().decode(NumpyArray.self, from: try JSONEncoder().encode(array)) == array)
    }

    @Test func inheritanceAndNestedContainersWork() throws {
        struct Nested: Codable, Equatable {
            var value: Int
            enum Keys: String, CodingKey { case outer, inner, more }

            init(value: Int) { self.value = value }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Keys.self)
                var list = try container.nestedContainer(keyedBy: Keys.self, forKey: .outer).nestedUnkeyedContainer(forKey: .inner)
                #expect(try list.decodeNil())
                #expect(try !list.decodeNil())
                self.value = try list.nestedContainer(keyedBy: Keys.self).decode(Int.self, forKey: .more)
                #expect(list.isAtEnd)
                #expect(try Int(from: try container.superDecoder()) == self.value)
            }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                var outer = container.nestedContainer(keyedBy: Keys.self, forKey: .outer)
                var list = outer.nestedUnkeyedContainer(forKey: .inner)
                try list.encodeNil()
                var inner = list.nestedContainer(keyedBy: Keys.self)
                try inner.encode(self.value, forKey: .more)
                try self.value.encode(to: container.superEncoder())
            }
        }
        let value = try PickleEncoder().encodeToValue(Nested(value: 5))
        #expect(value == ["outer": ["inner": [nil, ["more": 5]]], "super": 5])
        #expect(try PickleDecoder().decode(Nested.self, fromValue: value) == Nested(value: 5))
    }
}
