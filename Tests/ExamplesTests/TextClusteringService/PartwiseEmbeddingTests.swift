import MLServing
import Synchronization
import Testing

@testable import TextClusteringService

@Suite(.timeLimit(.minutes(5))) struct PartwiseEmbeddingTests {
    private static func embedding(
        textsPerPart: Int, maximumConcurrentParts: Int, _ embed: @escaping @Sendable ([String]) async throws -> [[Float]]
    ) -> PartwiseEmbedding {
        PartwiseEmbedding(
            embedder: ClosureEmbedder(embed), textsPerPart: textsPerPart, maximumConcurrentParts: maximumConcurrentParts)
    }

    private static var later: ContinuousClock.Instant { .now + .seconds(60) }

    @Test(arguments: [0, 1, 9, 10, 11, 100, 101], [1, 3])
    func vectorsKeepTheOrderOfTheTexts(count: Int, concurrency: Int) async throws {
        let sizes = Mutex<[Int]>([])
        let embedding = Self.embedding(textsPerPart: 10, maximumConcurrentParts: concurrency) { texts in
            sizes.withLock { $0.append(texts.count) }
            return try texts.map { [try #require(Float($0))] }
        }
        var progress: [Int] = []
        let vectors = try await embedding.embeddings(of: (0..<count).map(String.init), until: Self.later) { progress.append($0) }
        #expect(vectors == (0..<count).map { [Float($0)] })
        #expect(sizes.withLock { $0.reduce(0, +) } == count)
        #expect(sizes.withLock { $0.allSatisfy { $0 <= 10 } })
        #expect(progress.count == (count + 9) / 10)
        #expect(progress == progress.sorted())
        #expect(progress.last ?? 0 == count)
    }

    @Test func severalPartsAreUnderWayAtOnceAndNoMore() async throws {
        let counts = Mutex((now: 0, most: 0))
        let gate = Gate()
        let embedding = Self.embedding(textsPerPart: 1, maximumConcurrentParts: 3) { texts in
            let isThird = counts.withLock { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
                return counts.now == 3
            }
            // Nobody goes on until three are here: parts one after the other would wait for ever.
            if isThird { gate.open() }
            await gate.pass()
            counts.withLock { $0.now -= 1 }
            return texts.map { _ in [1] }
        }
        _ = try await embedding.embeddings(of: (0..<20).map(String.init), until: Self.later) { _ in }
        #expect(counts.withLock { $0.most } == 3)
    }

    @Test func partThatFailsEndsTheOthers() async throws {
        let wasCancelled = Mutex(false)
        let gate = Gate()
        let embedding = Self.embedding(textsPerPart: 1, maximumConcurrentParts: 2) { texts in
            if texts == ["bad"] {
                await gate.arrival()
                throw ServingError(code: .predictionFailed, message: "the reason")
            }
            await withTaskCancellationHandler {
                await gate.pass()
            } onCancel: {
                wasCancelled.withLock { $0 = true }
                gate.open()
            }
            return [[1]]
        }
        let error = await #expect(throws: ServingError.self) {
            try await embedding.embeddings(of: ["good", "bad", "never"], until: Self.later) { _ in }
        }
        #expect(error?.code == .predictionFailed)
        #expect(wasCancelled.withLock { $0 })
    }

    @Test func wrongNumberOfVectorsIsNamed() async throws {
        let embedding = Self.embedding(textsPerPart: 2, maximumConcurrentParts: 1) { _ in [[1]] }
        let error = await #expect(throws: ServingError.self) {
            try await embedding.embeddings(of: ["a", "b"], until: Self.later) { _ in }
        }
        #expect(error?.code == .invalidOutput)
        #expect(error?.message == "1 vectors came for 2 texts")
    }
}
