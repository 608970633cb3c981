import Foundation
import MessagePack
import Testing

/// Input that is broken on purpose ends in an error: no crash, no memory beyond what the input accounts for.
@Suite(.timeLimit(.minutes(5))) struct HostileInputTests {
    private static func samples() throws -> [[UInt8]] {
        let encoder = MessagePackEncoder()
        var random = RandomValue(generator: SplitMix(seed: 5))
        var samples = [
            try encoder.encode(Person.sample), try encoder.encode(Shape.group(.circle(radius: 1), .polygon([], closed: false))),
            try encoder.encode([1, 70000, -5]), try encoder.encode([Float(1), 2]), try encoder.encode(["a", "bc"]),
            try encoder.encode(MessagePackTimestamp(seconds: 1, nanoseconds: 5)), try encoder.encode(["a": 1.5]),
        ]
        for _ in 0..<20 {
            samples.append(try encoder.encode(random.next(depth: 2)))
        }
        return samples.filter { $0.count < 400 }
    }

    /// Decodes as all kinds of types; returns how many accepted the input.
    private func attempt(_ input: [UInt8], _ decoder: MessagePackDecoder = MessagePackDecoder()) -> Int {
        var accepted = 0
        func decode<Value: Decodable>(_ type: Value.Type) {
            do {
                _ = try decoder.decode(type, from: input)
                accepted += 1
            } catch is DecodingError {
            } catch {
                Issue.record("unexpected error \(error) for \(input)")
            }
        }
        decode(MessagePackValue.self)
        decode(Person.self)
        decode(Shape.self)
        decode([Int: Person].self)
        decode([[Float]].self)
        decode([String].self)
        decode([String: Double].self)
        decode([UInt8].self)
        decode(MessagePackTimestamp.self)
        decode(MessagePackRaw.self)
        decode([Int?].self)
        return accepted
    }

    @Test func everyTruncationIsAnError() throws {
        for sample in try Self.samples() {
            #expect(attempt(sample) > 0)
            for length in 0..<sample.count {
                #expect(attempt(Array(sample[..<length])) == 0)
                var reader = MessagePackReader(sample[..<length])
                #expect(throws: MessagePackError.self) { try reader.skipValue() }
            }
        }
    }

    @Test func mutationsNeverCrash() throws {
        let samples = try Self.samples()
        var generator = SplitMix(seed: 77)
        var accepted = 0
        for _ in 0..<20_000 {
            var input = samples.randomElement(using: &generator)!
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<input.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: input[place] = .random(in: 0...255, using: &generator)
                case 1: input[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 2: input.insert(.random(in: 0x80...0xff, using: &generator), at: place)
                default: input[place] = [0xc1, 0xdd, 0xdf, 0xdb, 0xc6, 0xc9, 0xc7, 0xdc, 0xde].randomElement(using: &generator)!
                }
            }
            accepted += attempt(input)
        }
        // 11 types for each input: 220,000 decodes, some of which succeed.
        #expect(accepted > 1000)
    }

    @Test func arbitraryBytesNeverCrash() {
        var generator = SplitMix(seed: 78)
        for _ in 0..<2000 {
            let length = Int.random(in: 0..<40, using: &generator)
            _ = attempt((0..<length).map { _ in .random(in: 0...255, using: &generator) })
        }
    }

    @Test func sameBytesDecodeToTheSameValueOnceEncodedAgain() throws {
        let samples = try Self.samples()
        var generator = SplitMix(seed: 79)
        let (encoder, decoder) = (MessagePackEncoder(), MessagePackDecoder())
        for _ in 0..<5000 {
            var input = samples.randomElement(using: &generator)!
            input[Int.random(in: 0..<input.count, using: &generator)] = .random(in: 0...255, using: &generator)
            guard let value = try? decoder.decode(MessagePackValue.self, from: input) else { continue }
            let again = try encoder.encode(value)
            // Compared as bytes: NaN is not equal to itself.
            #expect(try encoder.encode(decoder.decode(MessagePackValue.self, from: again)) == again)
        }
    }

    @Test(arguments: ["ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff", "c9ffffffff01", "dcffff", "deffff"])
    func headersThatClaimMoreThanThereIsAreRefused(_ header: String) {
        #expect(attempt(bytes(header)) == 0)
        #expect(attempt(bytes(header) + [UInt8](repeating: 0, count: 20)) == 0)
        // Nested, each level claiming as much.
        #expect(attempt((0..<50).flatMap { _ in bytes(header) } + [UInt8](repeating: 0, count: 20)) == 0)
    }

    /// The most address space this process has had, in bytes.
    private func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmPeak:") })
        return try #require(Int(line.filter(\.isNumber))) * 1024
    }

    @Test func nestedHeadersCannotReserveMoreThanTheyHold() throws {
        // Each of 60 levels claims all of the two million bytes left; reserving an element for each would take several gigabytes.
        let count = 2_000_000
        let before = try peakMemory()
        for header: UInt8 in [0xdd, 0xdf] {
            var input: [UInt8] = []
            for level in 0..<60 {
                let claimed = UInt32((count - level * 6) / (header == 0xdf ? 2 : 1))
                input += [header] + withUnsafeBytes(of: claimed.bigEndian) { Array($0) }
                if header == 0xdf { input.append(UInt8(level)) }
            }
            input += [UInt8](repeating: 0xc1, count: count)
            #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(MessagePackValue.self, from: input) }
            #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(Node.self, from: input) }
        }
        #expect(try peakMemory() - before < 1 << 30)
    }

    private struct Node: Decodable {
        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            while !container.isAtEnd { _ = try container.decode(Node.self) }
        }
    }

    @Test func nestingBeyondTheLimitIsRefused() throws {
        func nested(_ depth: Int, _ header: [UInt8]) -> [UInt8] {
            (0..<depth).flatMap { _ in header } + [0x90]
        }
        let decoder = MessagePackDecoder(limits: MessagePackLimits(maximumDepth: 10))
        #expect(try decoder.decode(MessagePackValue.self, from: nested(9, [0x91])) != .nil)
        #expect(throws: DecodingError.self) { try decoder.decode(MessagePackValue.self, from: nested(10, [0x91])) }
        _ = try decoder.decode(Node.self, from: nested(9, [0x91]))
        #expect(throws: DecodingError.self) { try decoder.decode(Node.self, from: nested(10, [0x91])) }
        #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(Node.self, from: nested(1_000_000, [0x91])) }
        #expect(throws: DecodingError.self) {
            try MessagePackDecoder().decode(MessagePackValue.self, from: nested(1_000_000, [0x81, 0x01]))
        }
        // Values that are only passed over or kept as they are may be as deep as they like.
        _ = try MessagePackDecoder().decode(MessagePackRaw.self, from: nested(1_000_000, [0x91]))
        // A leaf counts like the container it is.
        #expect(throws: DecodingError.self) {
            try MessagePackDecoder(limits: MessagePackLimits(maximumDepth: 1)).decode([[Int]].self, from: [0x91, 0x90])
        }
    }

    @Test func inputBeyondTheLimitIsRefused() throws {
        let decoder = MessagePackDecoder(limits: MessagePackLimits(maximumByteCount: 3))
        #expect(try decoder.decode([Int].self, from: [0x92, 1, 2]) == [1, 2])
        let error = #expect(throws: DecodingError.self) { try decoder.decode([Int].self, from: [0x93, 1, 2, 3]) }
        guard case .dataCorrupted(let context) = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect((context.underlyingError as? MessagePackError)?.code == .sizeExceeded)
    }

    @Test func absentKeysOfLargeMapsDoNotCostAScanEach() throws {
        // 200 optional properties that are all absent from a map of 20,000 entries: 4 million comparisons if each were scanned for, and
        // 20,000 times as many for a dictionary of which every key were.
        struct Wide: Decodable {
            struct Key: CodingKey {
                var stringValue: String
                var intValue: Int? { nil }
                init(stringValue: String) { self.stringValue = stringValue }
                init?(intValue: Int) { return nil }
            }
            var found = 0
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                for number in 0..<20_000 where try container.decodeIfPresent(Int.self, forKey: Key(stringValue: "absent \(number)")) != nil
                {
                    found += 1
                }
                for number in (0..<20_000).reversed() where container.contains(Key(stringValue: "\(number)")) {
                    found += 1
                }
            }
        }
        let entries = MessagePackValue.map((0..<20_000).map { .init(.string("\($0)"), .nil) })
        #expect(try MessagePackDecoder().decode(Wide.self, from: MessagePackEncoder().encode(entries)).found == 20_000)
    }
}
