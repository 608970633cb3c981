import MessagePack
import Testing

@Suite struct EncoderMisuseTests {
    private struct Custom: Encodable {
        var body: (any Encoder) throws -> Void
        func encode(to encoder: any Encoder) throws { try body(encoder) }
    }

    private enum Key: String, CodingKey { case a, b }

    private struct Refused: Error {}

    private let encoder = MessagePackEncoder()

    @Test func encodingNothingIsAnError() {
        #expect(throws: EncodingError.self) { try encoder.encode(Custom { _ in }) }
        #expect(throws: EncodingError.self) { try encoder.encode(["a": Custom { _ in }]) }
    }

    @Test func encodingTwiceIsAnError() {
        #expect(throws: EncodingError.self) {
            try encoder.encode(
                Custom {
                    var container = $0.singleValueContainer()
                    try container.encode(1)
                    try container.encode("2")
                })
        }
        #expect(throws: EncodingError.self) {
            try encoder.encode(
                Custom {
                    var array = $0.unkeyedContainer()
                    try array.encode(1)
                    _ = $0.container(keyedBy: Key.self)
                })
        }
    }

    @Test func emptyContainersAreValues() throws {
        #expect(try encoder.encode(Custom { _ = $0.unkeyedContainer() }) == [0x90])
        #expect(try encoder.encode(Custom { _ = $0.container(keyedBy: Key.self) }) == [0x80])
        let unused = Custom {
            var container = $0.container(keyedBy: Key.self)
            _ = container.superEncoder(forKey: .a)
        }
        #expect(try encoder.encode(unused) == bytes("81 a161 c0"))
    }

    @Test func sameContainerMayBeAskedForTwice() throws {
        let value = Custom {
            var first = $0.container(keyedBy: Key.self)
            try first.encode(1, forKey: .a)
            var second = $0.container(keyedBy: Key.self)
            try second.encode(2, forKey: .b)
        }
        #expect(try encoder.encode(value) == bytes("82 a161 01 a162 02"))
    }

    @Test(arguments: [1, 15, 16, 40])
    func elementThatFailsLeavesNoTrace(_ count: Int) throws {
        let failing = Custom {
            var container = $0.unkeyedContainer()
            try container.encode("partial")
            _ = container.nestedUnkeyedContainer()
            throw Refused()
        }
        let value = Custom {
            var container = $0.unkeyedContainer()
            for number in 0..<count {
                #expect(throws: Refused.self) { try container.encode(failing) }
                try container.encode(number)
                #expect(throws: Refused.self) { try container.encode(failing) }
            }
        }
        #expect(try MessagePackDecoder().decode([Int].self, from: encoder.encode(value)) == Array(0..<count))
        let keyed = Custom {
            var container = $0.container(keyedBy: Key.self)
            #expect(throws: Refused.self) { try container.encode(failing, forKey: .a) }
            try container.encode(1, forKey: .b)
        }
        #expect(try encoder.encode(keyed) == bytes("81 a162 01"))
    }

    @Test(arguments: [14, 15, 16, 70_000])
    func containerFilledAfterItsSiblingsKeepsItsPlace(_ count: Int) throws {
        let value = Custom {
            var container = $0.unkeyedContainer()
            var first = container.nestedUnkeyedContainer()
            for number in 0..<count {
                try container.encode(number)
            }
            var last = container.nestedContainer(keyedBy: Key.self)
            try first.encode("late")
            try last.encode("later", forKey: .a)
        }
        let expected: [MessagePackValue] = [["late"]] + (0..<count).map { .int(Int64($0)) } + [["a": "later"]]
        #expect(try MessagePackDecoder().decode(MessagePackValue.self, from: encoder.encode(value)) == .array(expected))
        #expect(
            try MessagePackDecoder().decode(MessagePackValue.self, from: encoder.encode([value, value])) == [
                .array(expected), .array(expected),
            ])
    }

    @Test func failureLeavesTheOutputAsItWas() throws {
        var output: [UInt8] = [1, 2, 3]
        let large = Custom {
            var container = $0.unkeyedContainer()
            try container.encode([UInt8](repeating: 0, count: 100_000))
            throw Refused()
        }
        #expect(throws: Refused.self) { try encoder.encode(large, into: &output) }
        #expect(output == [1, 2, 3])
    }

    @Test func errorsNameTheCodingPath() throws {
        let deep = [
            "list": [
                [
                    "x": Custom { encoder in
                        let path = encoder.codingPath.map(\.stringValue)
                        throw EncodingError.invalidValue(
                            0, .init(codingPath: encoder.codingPath, debugDescription: path.joined(separator: "/")))
                    }
                ]
            ]
        ]
        do {
            _ = try encoder.encode(deep)
            #expect(Bool(false), "no error")
        } catch EncodingError.invalidValue(_, let context) {
            #expect(context.debugDescription == "list/Index 0/x")
            #expect(context.codingPath[1].intValue == 0)
        }
    }

    @Test func keptContainerCannotBeUsedLater() throws {
        final class Keeper: @unchecked Sendable { var container: (any UnkeyedEncodingContainer)? }  // used by one test, in one task
        let keeper = Keeper()
        let keeping = Custom {
            var container = $0.unkeyedContainer()
            try container.encode(1)
            keeper.container = container
        }
        #expect(
            try encoder.encode([
                keeping,
                Custom {
                    var container = $0.singleValueContainer(); try container.encode(2)
                },
            ]) == bytes("92 9101 02"))
        #expect(throws: EncodingError.self) { try keeper.container?.encode(3) }
    }
}
