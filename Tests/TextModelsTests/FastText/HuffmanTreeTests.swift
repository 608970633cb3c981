import Testing

@testable import TextModels

@Suite struct HuffmanTreeTests {
    private static func scores(_ tree: HuffmanTree, limit: Int, threshold: Float = -100) -> [BestScores.Element] {
        var best = BestScores(limit: limit)
        tree.score(threshold: threshold, into: &best) { 0.3 + Float($0 % 5) / 10 }
        return best.descending()
    }

    @Test(arguments: [0, 1, 2, 3, 10, 77])
    func everyLeafIsReachedOnce(count: Int) throws {
        let counts = (0..<count).map { Int64(1_000 / ($0 + 1)) }
        let tree = try #require(HuffmanTree(counts: counts))
        let leaves = Self.scores(tree, limit: count)
        #expect(leaves.map(\.index).sorted() == Array(0..<count))
    }

    @Test func pruningTheWalkChangesNoAnswer() throws {
        let tree = try #require(HuffmanTree(counts: (0..<60).map { Int64(600 - 10 * $0) }))
        let all = Self.scores(tree, limit: 60)
        for limit in 1...60 { #expect(Self.scores(tree, limit: limit).map(\.score) == all.prefix(limit).map(\.score)) }
        let threshold = all[20].score
        #expect(Self.scores(tree, limit: 60, threshold: threshold).allSatisfy { $0.score >= threshold })
    }

    @Test func countsBeyondTrainingMakeNoTree() {
        #expect(HuffmanTree(counts: [.max, .max]) == nil)
        #expect(HuffmanTree(counts: [.min, .min, .min]) == nil)
        #expect(HuffmanTree(counts: [5, 1_000_000_000_000_000]) == nil)
    }

    @Test func aTreeAsDeepAsItHasLabelsIsWalked() throws {
        let tree = try #require(HuffmanTree(counts: [Int64](repeating: 0, count: 100_000)))
        #expect(Self.scores(tree, limit: 1, threshold: -.infinity).count == 1)
    }
}
