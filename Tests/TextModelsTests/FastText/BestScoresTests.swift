import Testing

@testable import TextModels

@Suite struct BestScoresTests {
    @Test(arguments: [0, 1, 2, 7, 50, 80])
    func keepsTheHighestScoresAndPrefersLowerIndices(limit: Int) {
        var random = SeededGenerator(seed: UInt64(limit))
        for _ in 0..<50 {
            let scores = (0..<50).map { _ in Float(Int.random(in: 0..<12, using: &random)) }
            var best = BestScores(limit: limit)
            for (index, score) in scores.enumerated().shuffled(using: &random) { best.add(score, at: index) }
            let expected = scores.enumerated().sorted { ($1.element, $0.offset) < ($0.element, $1.offset) }.prefix(limit)
            #expect(best.descending().map(\.index) == expected.map(\.offset))
        }
    }

    @Test func noNumberIsNeverKept() {
        var best = BestScores(limit: 2)
        best.add(.nan, at: 0)
        best.add(-.infinity, at: 1)
        #expect(best.bar == nil)
        best.add(.nan, at: 2)
        best.add(1, at: 3)
        #expect(best.descending().map(\.index) == [3, 1])
    }
}
