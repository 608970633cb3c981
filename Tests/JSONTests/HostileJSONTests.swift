import Foundation
import JSON
import Testing

/// Whatever the text is and whatever it is decoded into, there is a value or an error.
@Suite("Hostile JSON")
struct HostileJSONTests {
    private struct Sample: Codable {
        var text: String?
        var numbers: [Double]?
        var nested: [String: [Int?]]?
        var data: Data?
        var date: Date?
    }

    private static func attempts(_ bytes: ArraySlice<UInt8>) -> Int {
        let reader = JSONReader()
        var taken = 0
        func attempt<Value: Decodable>(_ type: Value.Type) {
            if (try? reader.decode(type, from: bytes)) != nil { taken += 1 }
        }
        func attempts<Value: Codable & Hashable>(_ type: Value.Type) {
            attempt(type)
            attempt([Value].self)
            attempt([Value?].self)
            attempt([String: Value].self)
            attempt([Value: Value].self)
        }
        attempts(Int.self)
        attempts(Int8.self)
        attempts(Int16.self)
        attempts(Int32.self)
        attempts(Int64.self)
        attempts(Int128.self)
        attempts(UInt.self)
        attempts(UInt8.self)
        attempts(UInt16.self)
        attempts(UInt32.self)
        attempts(UInt64.self)
        attempts(UInt128.self)
        attempts(Float16.self)
        attempts(Float.self)
        attempts(Double.self)
        attempts(Decimal.self)
        attempts(Bool.self)
        attempts(String.self)
        attempts(Date.self)
        attempts(Data.self)
        attempts(URL.self)
        attempts(UUID.self)
        attempts(JSONValue.self)
        attempt(Duration.self)
        attempt(Range<Int>.self)
        attempt(ClosedRange<Double>.self)
        attempt(Sample.self)
        attempt([Sample].self)
        attempt(CollectionDifference<Int>.self)
        return taken
    }

    @Test func numbersOfAllFormsIntoAllTypes() throws {
        let zeros = String(repeating: "0", count: 128)
        let nines = String(repeating: "9", count: 400)
        let numbers = [
            "0.\(zeros)1e145", "0.\(zeros)1e129", "0.\(zeros)9e1000", "1e400", "-1e400", "1e-400", "1e999999999999", "-1e-999999999999",
            "-0", "-0.0", "1E+2",
            nines, "-\(nines)", "0.\(nines)", "1\(zeros)", "1\(zeros)e-128", "\(nines)e\(nines)", "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "1.7976931348623157e308",
            "1.7976931348623159e308",
            "9007199254740993", "65504", "65520", "3.4028236e38", "340282366920938463463374607431768211456", "0.1", "5e-324",
            "253402300800e3", "1e18", "-1e19",
        ]
        for number in numbers {
            #expect(Self.attempts(number.json) > 0, "\(number)")
            _ = Self.attempts("[\(number)]".json)
            _ = Self.attempts("[\(number),\(number)]".json)
            _ = Self.attempts("{\"a\":\(number),\"date\":\(number),\"numbers\":[\(number)]}".json)
            _ = Self.attempts("{\"\(number)\":\(number)}".json)
        }
    }

    @Test func damagedTextsIntoAllTypes() throws {
        var generator = SeededNumbers(seed: 3)
        let samples = [
            #"{"text":"a\u00e9\ud83d\ude00","numbers":[1.5,-2e3,0.1],"nested":{"a":[1,null]},"data":"AQID","date":1.5}"#, "[1,2,3]",
            "[[0.5],[]]", "1e10",
            #"["a","b"]"#, "[0.1,[1,2]]", #"{"1":2,"3":4}"#,
        ].map { Array($0.utf8) }
        let structure = Array(#"[]{}",:\u0 -1e.9"#.utf8)
        var (taken, refused) = (0, 0)
        for round in 0..<1_800 {
            var bytes = samples[round % samples.count]
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let index = Int.random(in: bytes.indices, using: &generator)
                let sign = structure[Int.random(in: structure.indices, using: &generator)]
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes[index] = sign
                case 2: bytes.removeSubrange(index..<min(bytes.count, index + 3))
                default: bytes.insert(sign, at: index)
                }
            }
            let slice = ([0x30] + bytes + [0x30])[1..<bytes.count + 1]
            let isJSON = (try? JSONReader().check(slice)) != nil
            #expect(((try? JSONReader().read(slice)) != nil) == isJSON)
            let attempts = Self.attempts(slice)
            if isJSON { taken += 1 } else { refused += 1 }
            #expect(isJSON || attempts == 0)
        }
        #expect(taken > 80 && refused > 600, "\(taken) \(refused)")
    }

    /// What Foundation reads of a text it agrees on, we read alike.
    @Test func foundationAgreesOnWhatIsJSON() throws {
        var generator = SeededNumbers(seed: 5)
        let alphabet = Array(#"[]{}",:0123456789eE+-. \u"#.utf8)
        var agreed = 0
        for _ in 0..<10_000 {
            let bytes = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
                alphabet[Int.random(in: alphabet.indices, using: &generator)]
            }
            let value = try? JSONReader().read(bytes[...])
            let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            if let value {
                // Foundation has no number beyond a Double.
                if case .number(let number) = value, number.double == nil { continue }
                #expect(theirs != nil, "\(String(decoding: bytes, as: UTF8.self))")
                agreed += 1
            }
        }
        #expect(agreed > 150, "\(agreed)")
    }

    /// Types of the libraries that end the process at some of their values.
    @Test func typesThatTrapByThemselvesAreGuarded() throws {
        let reader = JSONReader()
        for scheme in ["", "1", "é", "a b", "+", "a:"] {
            let text = "[{\"path\":\"\",\"scheme\":\"\(scheme)\"}]".json
            let error = #expect(throws: DecodingError.self) { try reader.decode([URLComponents].self, from: text) }
            guard case .dataCorrupted(let context)? = error else { continue }
            #expect(context.codingPath.map(\.stringValue) == ["Index 0", "scheme"])
        }
        #expect(throws: DecodingError.self) { try reader.decode(URLComponents.self, from: #"{"path":"","port":-1}"#.json) }
        let components = try reader.decode(URLComponents.self, from: #"{"path":"/a","scheme":"h2+x.y-z","host":"h","port":80}"#.json)
        #expect(components.string == "h2+x.y-z://h:80/a")

        for text in ["[9223372036854775807,18446744073709551615]", "[-9223372036854775808,0]", "[500000000000000000,0]"] {
            #expect(throws: DecodingError.self) { try reader.decode(Duration.self, from: text.json) }
        }
        for duration in [Duration.zero, .seconds(Int64.max), .seconds(Int64.min), .nanoseconds(-1)] {
            let again = try reader.decode([Duration].self, from: JSONWriter().encode([duration])[...])
            #expect(again == [duration] && !"\(again)".isEmpty)
        }
    }

    private indirect enum Nested: Decodable {
        case list([Nested])
        init(from decoder: any Decoder) throws { self = .list(try decoder.singleValueContainer().decode([Nested].self)) }
    }

    @Test func nestingTypesAreBoundedByTheDepth() throws {
        let deepest = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        _ = try JSONReader().decode(Nested.self, from: deepest.json)
        #expect(throws: JSONError.self) { try JSONReader().decode(Nested.self, from: "[\(deepest)]".json) }
    }

    /// Many names that differ little: finding them takes no time that grows with their square.
    @Test(.timeLimit(.minutes(1)))
    func largeObjectsAreReadInTime() throws {
        let text = "{" + (0..<30_000).map { "\"\($0)\":\($0)" }.joined(separator: ",") + "}"
        let numbers = try JSONReader().decode([String: Int].self, from: text.json)
        #expect(numbers.count == 30_000 && numbers["29999"] == 29_999)
    }

    /// A type that tries one form after another costs no time that grows with the place in the list.
    @Test(.timeLimit(.minutes(1)))
    func failuresInLongListsAreCheap() throws {
        struct Either: Decodable {
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if (try? container.decode(Int.self)) == nil { _ = try container.decode(String.self) }
            }
        }
        let text = "[" + String(repeating: "\"a\",", count: 30_000) + "\"a\"]"
        #expect(try JSONReader().decode([Either].self, from: text.json).count == 30_001)
    }
}
