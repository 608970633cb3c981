import Testing
import TextModels

@Suite struct ShortTextClusteringTests {
    private let right: [Float] = [1, 0]
    private let up: [Float] = [0, 1]
    private let left: [Float] = [-1, 0]

    @Test func smallClustersAreSetAside() throws {
        let clustering = try ShortTextClustering(distanceThreshold: 0.65, minimumClusterSize: 3)
        #expect(try clustering.labels(of: [right, right, up, up, up, left]) == [-1, -1, 0, 0, 0, -1])
    }

    @Test func labelsAreRenumberedWithoutGapsByFirstAppearance() throws {
        let clustering = try ShortTextClustering(minimumClusterSize: 2)
        #expect(try clustering.labels(of: [left, up, right, up, right]) == [-1, 0, 1, 0, 1])
    }

    @Test func vectorsNearZeroJoinNoCluster() throws {
        let clustering = try ShortTextClustering(minimumClusterSize: 1)
        #expect(try clustering.labels(of: [[0, 0], right, [1e-5, 0], [1.1e-5, 0], [0, 0]]) == [-1, 0, -1, 0, -1])
        #expect(try clustering.labels(of: [[0, 0], [0, 0]]) == [-1, -1])
        #expect(try clustering.labels(of: []) == [])
    }

    @Test func notANumberIsAnErrorAndNoZero() throws {
        let error = #expect(throws: ClusteringError.self) { try ShortTextClustering().labels(of: [right, [.nan, 0]]) }
        #expect(error?.code == .notFinite)
    }

    @Test func copiesOfKnownWordsClusterAndAnUnknownWordDoesNot() throws {
        let directory = try TemporaryDirectory()
        let synthetic = SyntheticModel(words: [("door", [1, 0.1, 0]), ("bull", [0, 1, 0.1]), ("take", [0.1, 0, 1])])
        let embedder = ShortTextEmbedder(model: try FastTextModel(path: try directory.write(synthetic.bytes, to: "m.bin")))
        let words = ["door", "bull", "take"].flatMap { Array(repeating: $0, count: 4) } + ["qwertz"]
        let labels = try ShortTextClustering().labels(of: embedder.embeddings(of: words))
        #expect(labels == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, -1])
        let noise = ["asdf", "zxcv", "hjkl", "uiop", "vbnm"]
        #expect(try ShortTextClustering().labels(of: embedder.embeddings(of: noise)) == [-1, -1, -1, -1, -1])
    }
}
