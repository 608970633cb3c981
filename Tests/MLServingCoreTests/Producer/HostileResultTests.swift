import MLServingTesting
import Testing

@testable import MLServingCore

/// Whoever may write results may write anything: a client answers each call with a value or a clear error, and others' calls rightly.
@Suite("ProducerClient: hostile results", .timeLimit(.minutes(5)))
struct HostileResultTests {
    /// Answers with records that are spoiled, unless the input is even.
    private struct Spoiler {
        var generator: SeededGenerator

        mutating func spoil(_ record: [UInt8]) -> [UInt8] {
            var bytes = record
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: bytes = []
            case 1: bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &generator)))
            case 2: bytes = (0..<Int.random(in: 0..<400, using: &generator)).map { _ in .random(in: .min ... .max, using: &generator) }
            case 3: bytes = Array(repeating: 0x91, count: 100_000)
            // A map, an array and a text that are said to be four billion long.
            case 4: bytes = [[0xDF, 0xDD, 0xDB][Int.random(in: 0..<3, using: &generator)]] + [0xFF, 0xFF, 0xFF, 0xFF]
            // A Zstandard frame that is said to expand to 2^62 bytes.
            case 5: bytes = [0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x01, 0x00, 0x00]
            case 6: bytes = Array(#"{"id": "\u001b[2J", "outcomes": [{"value": 1e400}], "times": {"queued_us": 1e999}}"#.utf8)
            default:
                for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                    bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: .min ... .max, using: &generator)
                }
            }
            return bytes
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func spoiledRecordFailsItsOwnCallAndNoOther(seed: UInt64) async throws {
        let serving = try await Serving()
        let client = serving.client(of: (Int.self, Int.self)) { $0.sweepInterval = .milliseconds(20) }
        let hostile = serving.server.transport()
        let source = try await hostile.broker.consume(serving.queue.name, prefetch: 64)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            group.addTask {
                var spoiler = Spoiler(generator: SeededGenerator(seed: seed))
                while case let deliveries = try await source.next(), !deliveries.isEmpty {
                    for delivery in deliveries {
                        let number = try MessagePackCodec().decode(Int.self, from: delivery.message.body[...])
                        let record = ResultRecord(
                            requestID: delivery.message.messageID ?? "", outcomes: [.success(delivery.message.body[...])],
                            times: .init(queued: 0, batching: 0, predicting: 0))
                        var bytes = try MessagePackCodec().encode(record: record)
                        if !number.isMultiple(of: 2) { bytes = spoiler.spoil(bytes) }
                        let key = try #require(delivery.message.headers[MessageHeader.resultKey]?.string)
                        _ = try await hostile.store.put([StoreEntry(key: key, value: bytes, timeToLive: .seconds(60))])
                        source.acknowledge([delivery.tag])
                    }
                }
            }
            let calls = (0..<400).map { number in
                Task { await Result { try await client.predict(number, timeout: .seconds(60)) } }
            }
            for (number, call) in calls.enumerated() {
                switch await call.value {
                case .success(let answer): #expect(answer == number || !number.isMultiple(of: 2))
                case .failure(let error):
                    #expect(!number.isMultiple(of: 2), "\(number): \(error)")
                    #expect(error is ServingError, "\(number): \(error)")
                }
            }
            group.cancelAll()
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
