import MLServingTesting
import Testing

@testable import MLServingCore

/// What all codecs have to do alike.
@Suite("PayloadCodec")
struct PayloadCodecTests {
    enum Format: String, CaseIterable, CustomTestStringConvertible {
        case messagePack, json, pickle

        var codec: any PayloadCodec {
            switch self {
            case .messagePack: MessagePackCodec()
            case .json: JSONCodec()
            case .pickle: PickleCodec()
            }
        }
        var testDescription: String { rawValue }
    }

    struct Sample: Codable, Hashable {
        var text: String
        var numbers: [Double]
        var nested: [String: [Int?]]
    }

    private let sample = Sample(text: "zwölf \"Boxer\" 🥊 /\\", numbers: [0.5, -1e300], nested: ["a": [1, nil]])

    @Test(arguments: Format.allCases)
    func valuesRoundTrip(format: Format) throws {
        let bytes = try format.codec.encode(sample)
        #expect(try format.codec.decode(Sample.self, from: bytes[...]) == sample)
        try format.codec.check(value: bytes[...])
    }

    @Test(arguments: Format.allCases)
    func listIsSplitAndJoined(format: Format) throws {
        let codec = format.codec
        let list = try codec.encode([sample, sample])
        let elements = try codec.split(list: list[...])
        #expect(elements.count == 2)
        #expect(try codec.decode(Sample.self, from: elements[1]) == sample)
        #expect(try codec.decode([Sample].self, from: codec.join(list: elements)[...]) == [sample, sample])
        #expect(try codec.split(list: codec.join(list: [])[...]) == [])
    }

    @Test(arguments: Format.allCases)
    func joinedElementsMayBeOfAnyKind(format: Format) throws {
        let codec = format.codec
        let elements = [try codec.encode(1)[...], try codec.encode("two")[...], try codec.encode([3.0])[...]]
        #expect(try codec.split(list: codec.join(list: elements)[...]) == elements)
    }

    @Test(arguments: Format.allCases)
    func recordRoundTrips(format: Format) throws {
        let codec = format.codec
        let value = try codec.encode(sample)[...]
        let failure = ServingError(code: .init(rawValue: "my_code"), message: "it \"failed\"\n", isRetryable: true)
        let record = ResultRecord(
            requestID: "id-\"7\"",
            outcomes: [.success(value), .failure(failure), .success(try codec.encode(Int?.none)[...])],
            times: .init(queued: 1, batching: 2, predicting: .max)
        )
        let decoded = try codec.decode(recordFrom: codec.encode(record: record)[...])
        #expect(decoded.requestID == record.requestID)
        #expect(decoded.times == record.times)
        #expect(decoded.outcomes == record.outcomes)
    }

    @Test(arguments: Format.allCases)
    func recordWithoutOutcomesRoundTrips(format: Format) throws {
        let decoded = try format.codec.decode(recordFrom: format.codec.encode(record: ResultRecord(requestID: "", outcomes: []))[...])
        #expect(decoded.outcomes.isEmpty)
    }

    @Test(arguments: Format.allCases)
    func recordIsAnOrdinaryMapForOthers(format: Format) throws {
        struct Plain: Codable {
            struct Failure: Codable {
                var code: String
                var message: String
                var retryable: Bool
            }
            struct Outcome: Codable {
                var value: Int?
                var error: Failure?
            }
            var id: String
            var outcomes: [Outcome]
            var times: [String: Int]
        }
        let codec = format.codec
        let outcomes: [ResultRecord.Outcome] = [
            .success(try codec.encode(5)[...]), .failure(ServingError(code: .expired, message: "late", isRetryable: true)),
        ]
        let plain = try codec.decode(Plain.self, from: codec.encode(record: ResultRecord(requestID: "7", outcomes: outcomes))[...])
        #expect(plain.id == "7")
        #expect(plain.outcomes[0].value == 5)
        #expect(plain.outcomes[1].error?.code == "expired")
        #expect(plain.outcomes[1].error?.retryable == true)
        #expect(plain.times.keys.sorted() == ["batching_us", "predicting_us", "queued_us"])
    }

    @Test(arguments: Format.allCases)
    func unknownMembersArePassedOver(format: Format) throws {
        struct Later: Codable {
            struct Failure: Codable {
                var hint = ["x": [1]]
                var code = "expired"
                var message = "late"
            }
            struct Outcome: Codable {
                var note: String? = "n"
                var value: Int?
                var error: Failure?
            }
            struct Times: Codable {
                var host = "h"
                var queued_us = 3
                var share = 0.5
            }
            var version = 2
            var id = "7"
            var outcomes = [Outcome(value: 4), Outcome(error: Failure())]
            var extra: [String: [Int]] = ["a": [1]]
            var times = Times()
        }
        let codec = format.codec
        let record = try codec.decode(recordFrom: codec.encode(Later())[...])
        #expect(record.requestID == "7")
        // An error that does not say that it is retryable is not.
        let failure = ServingError(code: .expired, message: "late", isRetryable: false)
        #expect(record.outcomes == [.success(try codec.encode(4)[...]), .failure(failure)])
        #expect(record.times.queued == 3)
    }

    @Test(arguments: Format.allCases)
    func malformedRecordsAreRefused(format: Format) throws {
        let codec = format.codec
        var malformed: [[UInt8]] = [[], try codec.encode(7), try codec.encode(["a"]), try codec.encode(["outcomes": 3])]
        malformed.append(try codec.encode(["outcomes": [["neither": 1]]]))
        malformed.append(try codec.encode(["outcomes": [1]]))
        malformed.append(try codec.encode(["id": 1]))
        malformed.append(try codec.encode(record: ResultRecord(requestID: "x", outcomes: [])).dropLast())
        malformed.append(try codec.encode(record: ResultRecord(requestID: "x", outcomes: [])) + [0x31])
        for bytes in malformed {
            #expect(throws: (any Error).self, "\(bytes)") { try codec.decode(recordFrom: bytes[...]) }
        }
    }

    @Test(arguments: Format.allCases)
    func moreThanOneValueIsRefused(format: Format) throws {
        let codec = format.codec
        let two = try codec.encode("a") + codec.encode("b")
        #expect(throws: (any Error).self) { try codec.check(value: two[...]) }
        #expect(throws: (any Error).self) { try codec.split(list: (codec.join(list: []) + codec.join(list: []))[...]) }
        #expect(throws: (any Error).self) { try codec.check(value: []) }
    }

    /// Random bytes, and well-formed ones with random damage: everything is an answer or an error, and nothing else.
    @Test(arguments: Format.allCases)
    func survivesHostileInput(format: Format) throws {
        let codec = format.codec
        var generator = SeededGenerator(seed: format == .json ? 1 : 2)
        let outcomes: [ResultRecord.Outcome] = [
            .success(try codec.encode(sample)[...]), .failure(ServingError(code: .expired, message: "late")),
        ]
        let record = try codec.encode(record: ResultRecord(requestID: "7", outcomes: outcomes))
        let list = try codec.encode([[sample]])
        let structure: [UInt8] =
            format == .json ? [UInt8](#"[]{}",:\u0 -1e"#.utf8) : [0x80, 0x81, 0x90, 0xC0, 0xC4, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0xFF, 0xA1]
        var (refused, taken) = (0, 0)
        for round in 0..<100_000 {
            var bytes = round % 3 == 0 ? record : round % 3 == 1 ? list : []
            if bytes.isEmpty {
                for _ in 0..<Int.random(in: 0...40, using: &generator) { bytes.append(structure.randomElement(using: &generator) ?? 0) }
            }
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let index = Int.random(in: bytes.indices, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = .random(in: .min ... .max, using: &generator)
                case 1: bytes[index] = structure.randomElement(using: &generator) ?? 0
                case 2: bytes.removeSubrange(index...)
                default: bytes.insert(structure.randomElement(using: &generator) ?? 0, at: index)
                }
            }
            // A slice that does not begin at zero, as bodies cut out of larger buffers are.
            let slice = ([0] + bytes + [0])[1..<bytes.count + 1]
            do {
                _ = try codec.decode(recordFrom: slice)
                taken += 1
            } catch { refused += 1 }
            do {
                let elements = try codec.split(list: slice)
                // Elements of a pickle are written anew, each a pickle with a beginning and an end.
                if format != .pickle { #expect(elements.reduce(0) { $0 + $1.count } <= slice.count) }
                taken += 1
            } catch { refused += 1 }
            // Decoding and checking cost more.
            if round.isMultiple(of: 8) {
                _ = try? codec.check(value: slice)
                _ = try? codec.decode([[Sample]].self, from: slice)
            }
        }
        #expect(refused > 50_000)
        #expect(taken > 1_000)
    }

    @Test(arguments: Format.allCases)
    func deepNestingIsRefusedNotFollowed(format: Format) throws {
        indirect enum Nested: Decodable {
            case leaf
            case list([Nested])
            init(from decoder: any Decoder) throws { self = .list(try decoder.singleValueContainer().decode([Nested].self)) }
        }
        let depth = 200_000
        let bytes: [UInt8] =
            format == .json
            ? [UInt8](repeating: UInt8(ascii: "["), count: depth) + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
            : [UInt8](repeating: 0x91, count: depth) + [0x90]
        #expect(throws: (any Error).self) { try format.codec.decode(Nested.self, from: bytes[...]) }
        _ = try? format.codec.check(value: bytes[...])
    }
}
