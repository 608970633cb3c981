import MessagePack
import Testing

@Suite struct MessagePackDecoderTests {
    private let decoder = MessagePackDecoder()

    private struct Pair: Codable, Equatable {
        var first: Int
        var second: String?
    }

    private enum Outcome: Equatable {
        case keyNotFound, typeMismatch, valueNotFound, dataCorrupted(MessagePackError.Code?)
    }

    /// How decoding fails, and at which path; nil if it does not.
    private func failure<Value: Decodable>(_ type: Value.Type, _ input: String) -> (outcome: Outcome, path: String)? {
        func path(_ context: DecodingError.Context) -> String { context.codingPath.map(\.stringValue).joined(separator: "/") }
        do {
            _ = try decoder.decode(type, from: bytes(input))
            return nil
        } catch DecodingError.keyNotFound(_, let context) {
            return (.keyNotFound, path(context))
        } catch DecodingError.typeMismatch(_, let context) {
            return (.typeMismatch, path(context))
        } catch DecodingError.valueNotFound(_, let context) {
            return (.valueNotFound, path(context))
        } catch DecodingError.dataCorrupted(let context) {
            return (.dataCorrupted((context.underlyingError as? MessagePackError)?.code), path(context))
        } catch {
            Issue.record(error)
            return nil
        }
    }

    @Test func keysMayComeInAnyOrderWithOthersBetween() throws {
        let expected = Pair(first: 1, second: "x")
        #expect(try decoder.decode(Pair.self, from: bytes("82 a56669727374 01 a67365636f6e64 a178")) == expected)
        #expect(try decoder.decode(Pair.self, from: bytes("82 a67365636f6e64 a178 a56669727374 01")) == expected)
        #expect(try decoder.decode(Pair.self, from: bytes("84 a17a 92c0c0 a67365636f6e64 a178 05 81a16100 a56669727374 01")) == expected)
        #expect(try decoder.decode(Pair.self, from: bytes("82 a56669727374 01 a67365636f6e64 c0")) == Pair(first: 1, second: nil))
        #expect(try decoder.decode(Pair.self, from: bytes("81 a56669727374 01")) == Pair(first: 1, second: nil))
    }

    @Test func largeMapIsReadByKeyInAnyOrder() throws {
        var entries = (0..<2000).map { MessagePackValue.Entry(.string("unknown \($0)"), .int(Int64($0))) }
        entries.insert(.init("second", "x"), at: 100)
        entries.insert(.init("first", 7), at: 1900)
        entries.insert(.init(12, 7), at: 0)
        #expect(
            try decoder.decode(Pair.self, from: MessagePackEncoder().encode(MessagePackValue.map(entries))) == Pair(first: 7, second: "x"))
        entries.append(.init("unknown 77", 0))
        let duplicated = try MessagePackEncoder().encode(MessagePackValue.map(entries))
        #expect(throws: DecodingError.self) { try decoder.decode(Pair.self, from: duplicated) }
    }

    @Test(arguments: [
        "82 a16101a16102", "83 a16101a16202a16103", "82 01010102", "83 a56669727374 01 a178 01 a178 02",
    ])
    func duplicateKeysAreRefused(_ input: String) {
        #expect(failure([String: Int].self, input)?.outcome == .dataCorrupted(.duplicateKey))
        #expect(failure([String: UInt8].self, input)?.outcome == .dataCorrupted(.duplicateKey))
        if input.contains("6669727374") { #expect(failure(Pair.self, input)?.outcome == .dataCorrupted(.duplicateKey)) }
    }

    @Test(arguments: ["81 c0 01", "81 ca00000000 01", "81 9101 01", "81 cfffffffffffffffff 01"])
    func keysOfOtherTypesAreRefused(_ input: String) {
        #expect(failure([String: Int].self, input)?.outcome == .dataCorrupted(.invalidKey))
        #expect(failure([String: UInt8].self, input)?.outcome == .dataCorrupted(.invalidKey))
        #expect(failure([Int: Int].self, input)?.outcome == .dataCorrupted(.invalidKey))
        #expect(failure(Pair.self, input)?.outcome == .dataCorrupted(.invalidKey))
    }

    @Test func integerKeysServeCodingKeysWithIntegers() throws {
        struct Compact: Decodable {
            enum CodingKeys: Int, CodingKey { case name = 1, rank = 300 }
            var name: String
            var rank: Int
        }
        let value = try decoder.decode(Compact.self, from: bytes("82 cd012c 05 01 a178"))
        #expect(value.name == "x" && value.rank == 5)
        #expect(try decoder.decode(Compact.self, from: bytes("82 a472616e6b 05 a46e616d65 a178")).rank == 5)
        let many = MessagePackValue.map((0..<400).map { .init(.int($0), $0 == 1 ? "x" : .int($0)) })
        #expect(try decoder.decode(Compact.self, from: MessagePackEncoder().encode(many)).rank == 300)
    }

    @Test func numbersAreAcceptedWhereTheyFit() throws {
        #expect(try decoder.decode(Int.self, from: bytes("cc05")) == 5)
        #expect(try decoder.decode(UInt8.self, from: bytes("d30000000000000005")) == 5)
        #expect(try decoder.decode(UInt64.self, from: bytes("d005")) == 5)
        #expect(try decoder.decode(Int.self, from: bytes("ca40400000")) == 3)
        #expect(try decoder.decode(Double.self, from: bytes("ca3fc00000")) == 1.5)
        #expect(try decoder.decode(Double.self, from: bytes("cd0100")) == 256)
        #expect(try decoder.decode(Float.self, from: bytes("cb3fb999999999999a")) == Float(0.1))
        #expect(try decoder.decode(Float.self, from: bytes("05")) == 5)
        #expect(try decoder.decode([Float].self, from: bytes("93 05 cb3fb999999999999a ca3fc00000")) == [5, 0.1, 1.5])
        #expect(try decoder.decode([Double].self, from: bytes("92 ff ca3fc00000")) == [-1, 1.5])
        #expect(try decoder.decode([Int].self, from: bytes("92 cb4008000000000000 01")) == [3, 1])
        #expect(try decoder.decode(Float.self, from: bytes("cb7ff0000000000000")) == .infinity)
    }

    /// As JSON and Python read them.
    @Test func largeIntegersAreRoundedToFloatingPointNumbers() throws {
        #expect(try decoder.decode(Double.self, from: bytes("cf0020000000000001")) == 9_007_199_254_740_992)
        #expect(try decoder.decode(Float.self, from: bytes("ce01000001")) == 16_777_216)
        #expect(try decoder.decode([Double].self, from: bytes("92 01 cfffffffffffffffff")) == [1, 0x1p64])
        #expect(try decoder.decode([Float].self, from: bytes("93 01 ce01000001 d3ffffffff7fffffff")) == [1, 16_777_216, -2_147_483_648])
        #expect(try decoder.decode([Float?].self, from: bytes("92 c0 ce01000001")) == [nil, 16_777_216])
        #expect(try decoder.decode([String: Float].self, from: bytes("81 a161 ce01000001")) == ["a": 16_777_216])
    }

    @Test func numbersThatDoNotFitAreRefused() {
        #expect(failure(UInt8.self, "cd0100")?.outcome == .dataCorrupted(.outOfRange))
        #expect(failure(Int8.self, "cc80")?.outcome == .dataCorrupted(.outOfRange))
        #expect(failure(UInt.self, "ff")?.outcome == .dataCorrupted(.outOfRange))
        #expect(failure(Int.self, "cf8000000000000000")?.outcome == .dataCorrupted(.outOfRange))
        #expect(failure(Int.self, "cb3ff8000000000000")?.outcome == .dataCorrupted(.outOfRange))
        #expect(failure(Int.self, "cb7ff8000000000000")?.outcome == .dataCorrupted(.outOfRange))
        #expect(failure(Float.self, "cb7fefffffffffffff")?.outcome == .dataCorrupted(.outOfRange))
        #expect(failure([Int8].self, "92 01 cc80")?.outcome == .dataCorrupted(.outOfRange))
        #expect(failure([UInt8].self, "91 ff")?.outcome == .dataCorrupted(.outOfRange))
    }

    /// Each names the limit, its value, and what exceeded it.
    @Test func errorsNameTheLimit() {
        func message<Value: Decodable>(_ type: Value.Type, _ input: [UInt8]) -> String? {
            let decoder = MessagePackDecoder(limits: MessagePackLimits(maximumDepth: 2, maximumByteCount: 5))
            guard
                case .dataCorrupted(let context)? = #expect(
                    throws: DecodingError.self, performing: { try decoder.decode(type, from: input) })
            else {
                return nil
            }
            return (context.underlyingError as? MessagePackError)?.message
        }
        let deep = "arrays and maps are nested 3 deep or deeper, and maximumDepth is 2"
        #expect(message(MessagePackValue.self, [0x91, 0x91, 0x91, 0x01]) == deep)
        #expect(message([[[Int]]].self, [0x91, 0x91, 0x91, 0x01]) == deep)
        #expect(message([Int].self, [0x95, 1, 2, 3, 4, 5]) == "the input has 6 bytes, and maximumByteCount is 5")
    }

    @Test func errorsTellKindAndPath() {
        func expect<Value: Decodable>(
            _ type: Value.Type, _ input: String, _ outcome: Outcome, at path: String, _ location: SourceLocation = #_sourceLocation
        ) {
            let failure = failure(type, input)
            #expect(failure?.outcome == outcome, sourceLocation: location)
            #expect(failure?.path == path, sourceLocation: location)
        }
        expect(Pair.self, "80", .keyNotFound, at: "")
        expect([Pair].self, "91 80", .keyNotFound, at: "Index 0")
        expect([Pair].self, "92 81a5666972737401 81a56669727374a178", .typeMismatch, at: "Index 1/first")
        expect([Pair].self, "91 81a56669727374c0", .valueNotFound, at: "Index 0/first")
        expect([String: [Pair]].self, "81 a16b 91 82 a56669727374 01 a67365636f6e64 02", .typeMismatch, at: "k/Index 0/second")
        expect([String: [Pair]].self, "81 a16b 05", .typeMismatch, at: "k")
        expect(Pair.self, "c0", .valueNotFound, at: "")
        expect(Pair.self, "90", .typeMismatch, at: "")
        expect([Pair].self, "80", .typeMismatch, at: "")
        expect([Float].self, "91 a178", .typeMismatch, at: "")
        expect([String: [Float]].self, "81 a16b 91 a178", .typeMismatch, at: "k")
        expect([String].self, "91 a1ff", .dataCorrupted(.invalidUTF8), at: "")
        expect([String: UInt8].self, "81 a1ff 01", .dataCorrupted(.invalidUTF8), at: "")
        expect(Int.self, "", .dataCorrupted(.truncated), at: "")
        expect(Int.self, "c1", .dataCorrupted(.reservedByte), at: "")
        expect(Int.self, "0101", .dataCorrupted(.trailingBytes), at: "")
        expect(Pair.self, "81 a56669727374 01 c0", .dataCorrupted(.trailingBytes), at: "")
        expect(Color.self, "a4626c7565", .dataCorrupted(nil), at: "")
        expect(Shape.self, "81 a6636972636c65 80", .keyNotFound, at: "circle")
    }

    @Test func arrayThatIsTooShortIsNoticed() {
        struct Triple: Decodable {
            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                for _ in 0..<3 { _ = try container.decode(Int.self) }
            }
        }
        #expect(failure(Triple.self, "93 010203") == nil)
        #expect(failure(Triple.self, "92 0102")?.outcome == .valueNotFound)
        #expect(failure(Triple.self, "92 0102")?.path == "Index 2")
        // Elements that nobody reads are passed over.
        #expect(failure([Triple].self, "92 94 010203 9201a178 93 010203") == nil)
    }

    @Test func alternativesMayBeTried() throws {
        enum Either: Decodable, Equatable {
            case number(Int), pair(Pair), list([String])
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Int.self) {
                    self = .number(number)
                } else if let pair = try? container.decode(Pair.self) {
                    self = .pair(pair)
                } else {
                    self = .list(try container.decode([String].self))
                }
            }
        }
        let input = bytes("93 05 91a178 81a5666972737401")
        #expect(try decoder.decode([Either].self, from: input) == [.number(5), .list(["x"]), .pair(Pair(first: 1))])
    }

    @Test func typeMayBeChosenByFirstLook() throws {
        struct Tagged: Decodable {
            enum Key: String, CodingKey { case kind, body }
            var person: Person?
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                #expect(container.contains(.kind))
                #expect(!container.contains(.body) || container.allKeys.count == 2)
                if try container.decode(String.self, forKey: .kind) == "person" {
                    let again = try decoder.container(keyedBy: Key.self)
                    person = try again.decode(Person.self, forKey: .body)
                }
            }
        }
        let value: MessagePackValue = [
            "body": try decoder.decode(MessagePackValue.self, from: MessagePackEncoder().encode(Person.sample)), "kind": "person",
        ]
        #expect(try decoder.decode(Tagged.self, from: MessagePackEncoder().encode(value)).person == Person.sample)
        #expect(try decoder.decode(Tagged.self, from: MessagePackEncoder().encode(["kind": "other"])).person == nil)
    }

    @Test func failureInCallThatCannotThrowIsNotLost() {
        struct Counted: Decodable {
            enum Key: String, CodingKey { case a }
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                _ = container.contains(.a)
                _ = container.allKeys
            }
        }
        #expect(failure(Counted.self, "81 a162 01") == nil)
        #expect(failure(Counted.self, "82 c0 01 a162 01")?.outcome == .dataCorrupted(.invalidKey))
        #expect(failure(Counted.self, "82 a162")?.outcome == .dataCorrupted(.truncated))
    }

    @Test func keptDecoderCannotBeUsedLater() throws {
        final class Keeper: Decodable {
            let decoder: any Decoder
            let container: any SingleValueDecodingContainer
            init(from decoder: any Decoder) throws {
                self.decoder = decoder
                container = try decoder.singleValueContainer()
            }
        }
        let keeper = try decoder.decode(Keeper.self, from: bytes("93 010203"))
        #expect(throws: DecodingError.self) { try keeper.decoder.unkeyedContainer() }
        #expect(throws: DecodingError.self) { try keeper.container.decode([Int].self) }
    }
}
