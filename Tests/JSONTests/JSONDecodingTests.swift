import Foundation
import JSON
import Testing

@Suite("Decoding JSON")
struct JSONDecodingTests {
    private func decode<Value: Decodable>(_ type: Value.Type = Value.self, _ text: String) throws -> Value {
        try JSONReader().decode(type, from: text.json)
    }

    private struct Point: Codable, Hashable {
        var x: Int
        var y: Double?
        var name = "p"
        var inner: [String: [Int?]]?
    }

    private enum Shape: Codable, Hashable {
        case circle(radius: Double)
        case line(Int, Int)
        case empty
    }

    @Test func structuresAndTheirOptionals() throws {
        #expect(try decode(Point.self, #"{"name":"q","y":null,"x":1,"more":[{}]}"#) == Point(x: 1, y: nil, name: "q"))
        #expect(
            try decode([Point].self, #"[{"x":1,"y":2,"name":"","inner":{"a":[1,null]}}]"#) == [
                Point(x: 1, y: 2, name: "", inner: ["a": [1, nil]])
            ])
        #expect(try decode(Point?.self, "null") == nil)
        #expect(try decode([Int?].self, "[1,null]") == [1, nil])
        #expect(try decode([[Double]].self, "[[1,2.5],[]]") == [[1, 2.5], []])
        #expect(try decode([Bool].self, "[true,false]") == [true, false])
        #expect(try decode([String].self, #"["a","\u0062"]"#) == ["a", "b"])
        #expect(try decode(String.self, #""\ud83d\ude00""#) == "😀")
    }

    @Test func enumsWithAssociatedValues() throws {
        #expect(
            try decode([Shape].self, #"[{"circle":{"radius":1}},{"line":{"_0":1,"_1":2}},{"empty":{}}]"#) == [
                .circle(radius: 1), .line(1, 2), .empty,
            ])
        #expect(throws: DecodingError.self) { try decode(Shape.self, #"{"square":{}}"#) }
        #expect(throws: DecodingError.self) { try decode(Shape.self, #"{"circle":{"radius":1},"empty":{}}"#) }
    }

    @Test func dictionariesByTextAndByInteger() throws {
        #expect(try decode([String: Int].self, #"{"a":1,"\u0062":2}"#) == ["a": 1, "b": 2])
        #expect(try decode([Int: String].self, #"{"1":"a","-2":"b"}"#) == [1: "a", -2: "b"])
        #expect(throws: DecodingError.self) { try decode([Int: String].self, #"{"x":"a"}"#) }
        #expect(throws: DecodingError.self) { try decode([Int: String].self, #"{"99999999999999999999":"a"}"#) }
        #expect(try decode([Double: Int].self, "[0.5,1]") == [0.5: 1])
        #expect(throws: DecodingError.self) { try decode([Double: Int].self, "[0.5]") }
    }

    /// Small objects are searched, larger ones indexed; both find the last of a name.
    @Test(arguments: [0, 1, 5, 11, 12, 13, 50, 1_000])
    func lastOfRepeatedMembersCounts(others: Int) throws {
        let filling = (0..<others).map { "\"k\($0)\":\($0),\"\\u006b\($0)\":-\($0)," }.joined()
        let text = "{\"x\":1,\(filling)\"x\":2,\"\\u0078\":3}"
        #expect(try decode(Point.self, text.replacing("{\"x\":1", with: "{\"name\":\"n\",\"x\":1")).x == 3)
        let all = try decode([String: Int].self, text)
        #expect(all.count == others + 1 && all["x"] == 3)
        #expect((0..<others).allSatisfy { all["k\($0)"] == -$0 })
    }

    private func context(_ body: () throws -> Void) throws -> (DecodingError, DecodingError.Context) {
        let error = try #require(#expect(throws: DecodingError.self) { try body() })
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context), .dataCorrupted(let context):
            return (error, context)
        @unknown default: throw error
        }
    }

    @Test func errorsNameTheWay() throws {
        struct List: Decodable {
            var points: [Point]
            var numbers: [Double]?
        }
        let (missing, context) = try context { _ = try decode(List.self, #"{"points":[{"x":1,"name":""},{"y":1}]}"#) }
        guard case .keyNotFound(let key, _) = missing else {
            Issue.record("\(missing)")
            return
        }
        #expect(key.stringValue == "x")
        #expect(context.codingPath.map(\.stringValue) == ["points", "Index 1"] && context.codingPath.map(\.intValue) == [nil, 1])
        let wrong = try self.context { _ = try decode(List.self, #"{"points":[],"numbers":[1,"2"]}"#) }.1
        #expect(wrong.codingPath.map(\.stringValue) == ["numbers", "Index 1"])
        #expect(wrong.debugDescription == "expected Double, found a string")
        let (null, _) = try self.context { _ = try decode(List.self, #"{"points":null}"#) }
        guard case .valueNotFound = null else {
            Issue.record("\(null)")
            return
        }
        let deep = try self.context { _ = try decode([String: [Point]].self, #"{"a":[{"x":1,"name":"","inner":{"b":[1,0.5]}}]}"#) }.1
        #expect(deep.codingPath.map(\.stringValue) == ["a", "Index 0", "inner", "b", "Index 1"])
    }

    /// Containers that a type asks for itself, one after another, and past the end.
    @Test func containersOneByOne() throws {
        struct Manual: Decodable {
            enum Key: String, CodingKey { case list, object, missing }
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                #expect(Set(container.allKeys) == [.list, .object])
                #expect(container.contains(.list) && !container.contains(.missing))
                #expect(throws: DecodingError.self) { try container.decodeNil(forKey: .missing) }
                #expect(throws: DecodingError.self) { try container.nestedUnkeyedContainer(forKey: .object) }
                var list = try container.nestedUnkeyedContainer(forKey: .list)
                #expect(list.count == 4 && list.currentIndex == 0 && !list.isAtEnd)
                #expect(throws: DecodingError.self) { try list.decode(String.self) }
                #expect(try list.decodeNil() == false)
                #expect(try list.decode(Int.self) == 1)
                #expect(try list.decodeNil() && list.currentIndex == 2)
                let object = try list.nestedContainer(keyedBy: Key.self)
                #expect(try object.decode(Bool.self, forKey: .list))
                #expect(object.codingPath.map(\.stringValue) == ["list", "Index 2"])
                var inner = try list.nestedUnkeyedContainer()
                #expect(inner.isAtEnd && list.isAtEnd)
                #expect(throws: DecodingError.self) { try inner.decode(Int.self) }
                #expect(throws: DecodingError.self) { try list.superDecoder() }
                #expect(throws: DecodingError.self) { try list.decodeNil() }
            }
        }
        _ = try decode(Manual.self, #"{"list":[1,null,{"list":true},[]],"object":{}}"#)
    }

    private class Base: Codable {
        var a: Int
        init(a: Int) { self.a = a }
    }

    private final class Derived: Base {
        private enum Key: String, CodingKey { case b }
        var b: Int
        init(a: Int, b: Int) {
            self.b = b
            super.init(a: a)
        }
        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            b = try container.decode(Int.self, forKey: .b)
            try super.init(from: container.superDecoder())
        }
        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try super.encode(to: container.superEncoder())
            try container.encode(b, forKey: .b)
        }
    }

    @Test func superclassesHaveAMemberOfTheirOwn() throws {
        let derived = try decode(Derived.self, #"{"b":2,"super":{"a":1}}"#)
        #expect(derived.a == 1 && derived.b == 2)
        #expect(try JSONWriter().encode(derived) == Array(#"{"super":{"a":1},"b":2}"#.utf8))
        #expect(throws: DecodingError.self) { try decode(Derived.self, #"{"b":2}"#) }
    }

    @Test func formsOfFoundationTypes() throws {
        #expect(try decode(Data.self, #""AQID""#) == Data([1, 2, 3]))
        #expect(try decode([Data].self, #"["","AA=="]"#) == [Data(), Data([0])])
        for text in ["\"?\"", "[1,2]", "1", "null", "{}"] { #expect(throws: DecodingError.self) { try decode(Data.self, text) } }
        #expect(try decode(URL.self, #""http://example.com/a?b""#) == URL(string: "http://example.com/a?b"))
        for text in ["\"\"", "1", "{}"] { #expect(throws: DecodingError.self) { try decode(URL.self, text) } }
        #expect(try decode(Date.self, "1.5") == Date(timeIntervalSinceReferenceDate: 1.5))
        #expect(
            try decode(UUID.self, #""E621E1F8-C36C-495A-93FC-0C247A3E6E5F""#) == UUID(uuidString: "E621E1F8-C36C-495A-93FC-0C247A3E6E5F"))
        #expect(try decode(Float16.self, "0.5") == 0.5)
    }

    /// What Foundation writes of these is what we write, and both read both.
    @Test func foundationReadsWhatWeWriteAndWeWhatItWrites() throws {
        struct Everything: Codable, Hashable {
            var date = Date(timeIntervalSinceReferenceDate: 0.25)
            var data = Data([0, 255])
            var url = URL(string: "http://example.com/a/b")!
            var decimal = Decimal(string: "12.50")!
            var uuid = UUID()
            var float: Float = 0.1
            var double = 1e300
            var text = "a\"\\/\u{8}\u{C}\n\r\t\u{1}é😀\u{2028}"
            var wide = UInt64.max
            var byName = ["x": [1, 2, 3] as [Int8]]
            var byNumber = [7: true]
            var range = 1..<5
        }
        let value = Everything()
        let ours = try JSONWriter(sortsNames: true).encode(value)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let theirs = try encoder.encode(value)
        #expect(String(decoding: ours, as: UTF8.self) == String(decoding: theirs, as: UTF8.self))
        #expect(try JSONDecoder().decode(Everything.self, from: Data(ours)) == value)
        #expect(try JSONReader().decode(Everything.self, from: [UInt8](theirs)[...]) == value)
    }

    @Test func userInfoReachesTheType() throws {
        struct Told: Codable {
            init(from decoder: any Decoder) throws { #expect(decoder.userInfo[CodingUserInfoKey(rawValue: "k")!] as? Int == 5) }
        }
        _ = try JSONReader(userInfo: [CodingUserInfoKey(rawValue: "k")!: 5]).decode([Told].self, from: "[{}]".json)
    }

    /// A container that outlives the decode still reads, and harms nothing.
    @Test func containersMayOutliveTheDecode() throws {
        final class Keeper: Decodable {
            var container: any UnkeyedDecodingContainer
            init(from decoder: any Decoder) throws { container = try decoder.unkeyedContainer() }
        }
        let keeper = try decode(Keeper.self, "[1,2]")
        #expect(try keeper.container.decode(Int.self) == 1)
    }
}
