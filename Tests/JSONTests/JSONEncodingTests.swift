import JSON
import Testing

@Suite("Encoding JSON")
struct JSONEncodingTests {
    private func text<Value: Encodable>(_ value: Value, sorted: Bool = false) throws -> String {
        String(decoding: try JSONWriter(sortsNames: sorted).encode(value), as: UTF8.self)
    }

    @Test func valuesOfEachKind() throws {
        #expect(try text(1) == "1" && text(-5 as Int8) == "-5" && text(UInt128.max) == "\(UInt128.max)")
        #expect(try text(true) == "true" && text("a/b") == #""a/b""# && text(Int?.none) == "null")
        #expect(try text(1.0) == "1.0" && text(0.1 as Float) == "0.1" && text(1e16) == "1e+16" && text(-0.0) == "-0.0")
        #expect(try text([Int]()) == "[]" && text([String: Int]()) == "{}" && text([1, nil]) == "[1,null]")
        #expect(try text([[0.5], []]) == "[[0.5],[]]" && text([UInt8]([1, 2])) == "[1,2]" && text([true]) == "[true]")
        #expect(try text(["a": ["b": [1]]]) == #"{"a":{"b":[1]}}"#)
        #expect(try text([1: "x"]) == #"{"1":"x"}"#)
        #expect(try text("\u{0}\u{1F}\u{8}\u{C}\n\r\t\"\\/\u{7F}é😀") == "\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\u{7F}é😀\"")
    }

    @Test func namesAreSortedWhereThatIsAskedFor() throws {
        struct Nested: Encodable {
            var z = 1
            var a = ["b": 2, "a": 1]
        }
        #expect(try text(Nested(), sorted: true) == #"{"a":{"a":1,"b":2},"z":1}"#)
        #expect(try text([Nested()], sorted: true) == #"[{"a":{"a":1,"b":2},"z":1}]"#)
    }

    @Test func numbersWithoutAFormAreRefused() {
        struct Inner: Encodable { var numbers: [Double] }
        for number in [Double.nan, .infinity, -.infinity] {
            #expect(throws: EncodingError.self) { try text(number) }
            #expect(throws: EncodingError.self) { try text([number]) }
            #expect(throws: EncodingError.self) { try text(["a": Float(number)]) }
            #expect(throws: EncodingError.self) { try text([Optional(number)]) }
        }
        let error = #expect(throws: EncodingError.self) { try text(["a": Inner(numbers: [1, .nan])]) }
        guard case .invalidValue(_, let context)? = error else { return }
        #expect(context.codingPath.map(\.stringValue) == ["a", "numbers", "Index 1"])
    }

    /// A nested container may be filled before and after its siblings, and even when the value around it is complete.
    @Test func nestedContainersMayBeFilledInAnyOrder() throws {
        struct Interleaved: Encodable {
            enum Key: String, CodingKey { case first, second, third, fourth }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                var list = container.nestedUnkeyedContainer(forKey: .first)
                try list.encode(1)
                try container.encode("x", forKey: .second)
                try list.encode([2.5])
                var object = list.nestedContainer(keyedBy: Key.self)
                var third = container.nestedContainer(keyedBy: Key.self, forKey: .third)
                try list.encodeNil()
                try object.encode(true, forKey: .first)
                try third.encode(3, forKey: .first)
                try object.encode(4, forKey: .second)
                _ = container.superEncoder(forKey: .fourth)
                #expect(list.count == 4)
                #expect(
                    list.codingPath.last?.stringValue == "first" && object.codingPath.map(\.stringValue).suffix(2) == ["first", "Index 2"])
            }
        }
        #expect(
            try text(Interleaved()) == #"{"first":[1,[2.5],{"first":true,"second":4},null],"second":"x","third":{"first":3},"fourth":{}}"#)
        #expect(try text([Interleaved(), Interleaved()]).count == 2 * text(Interleaved()).count + 3)
    }

    /// A class and its superclass that use one container write into one object.
    @Test func containersThatAreAskedForTwiceAreOne() throws {
        struct Twice: Encodable {
            enum Key: String, CodingKey { case a, b }
            func encode(to encoder: any Encoder) throws {
                var first = encoder.container(keyedBy: Key.self)
                try first.encode(1, forKey: .a)
                var second = encoder.container(keyedBy: Key.self)
                try second.encode(2, forKey: .b)
            }
        }
        #expect(try text(Twice()) == #"{"a":1,"b":2}"#)
    }

    /// A value may try one form and, when that is refused, take another.
    @Test func whatIsRefusedLeavesNothingBehind() throws {
        struct Lenient: Encodable {
            struct Half: Encodable {
                enum Key: String, CodingKey { case a, b }
                func encode(to encoder: any Encoder) throws {
                    var container = encoder.container(keyedBy: Key.self)
                    try container.encode(1, forKey: .a)
                    var nested = container.nestedUnkeyedContainer(forKey: .b)
                    try nested.encode(1)
                    throw EncodingError.invalidValue(self, .init(codingPath: [], debugDescription: "no"))
                }
            }
            enum Key: String, CodingKey { case half, number, list }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                #expect(throws: EncodingError.self) { try container.encode(Half(), forKey: .half) }
                #expect(throws: EncodingError.self) { try container.encode(Double.nan, forKey: .number) }
                try container.encode("nan", forKey: .number)
                #expect(throws: EncodingError.self) { try container.encode([1, .infinity], forKey: .list) }
                try container.encode([1], forKey: .list)
            }
        }
        #expect(try text([Lenient()]) == #"[{"number":"nan","list":[1]}]"#)
    }

    @Test func misuseIsAnErrorAndNoMalformedText() throws {
        struct Twice: Encodable {
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode(1)
                try container.encode(2)
            }
        }
        struct Mixed: Encodable {
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(1)
                var object = encoder.container(keyedBy: Key.self)
                try object.encode(1, forKey: .a)
            }
            enum Key: String, CodingKey { case a }
        }
        struct Nothing: Encodable { func encode(to encoder: any Encoder) throws {} }
        #expect(throws: EncodingError.self) { try text(Twice()) }
        #expect(throws: EncodingError.self) { try text([Twice()]) }
        #expect(throws: EncodingError.self) { try text(Mixed()) }
        #expect(throws: EncodingError.self) { try text(["a": Mixed()]) }
        #expect(throws: EncodingError.self) { try text(Nothing()) }
        #expect(try text([Nothing()]) == "[{}]")
    }

    private indirect enum Chain: Encodable {
        case end
        case link(Chain)
        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            if case .link(let next) = self { try container.encode(next) }
        }
    }

    @Test func deepValuesAreRefusedNotFollowed() throws {
        func chain(_ depth: Int) -> Chain { (1..<depth).reduce(Chain.end) { chain, _ in .link(chain) } }
        let deepest = try JSONWriter().encode(chain(512))
        try JSONReader().check(deepest[...])
        #expect(throws: EncodingError.self) { try JSONWriter().encode(chain(513)) }
        #expect(throws: EncodingError.self) { try JSONWriter().encode(chain(5_000)) }
    }

    @Test func valuesOfUnknownShapeRoundTrip() throws {
        let text = #"{"z":[1.0,1,-0,1e400,null,true,"\u00e9"],"a":{"b":{}},"z":123456789012345678901234567890}"#
        let value = try JSONReader().decode([JSONValue].self, from: "[\(text)]".json)
        let written = text.replacing(#"\u00e9"#, with: "é")
        #expect(try self.text(value) == "[\(written)]")
        #expect(try self.text(["x": value[0]]) == "{\"x\":\(written)}")
        struct Holder: Codable, Hashable { var value: JSONValue }
        let holder = Holder(value: .object([.init("b", .array([.null])), .init("a", .string("x"))]))
        #expect(try JSONReader().decode(Holder.self, from: JSONWriter().encode(holder)[...]) == holder)
    }
}
