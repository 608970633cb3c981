import Testing

@testable import TextModels

@Suite struct BestScoresTests {
    @Test(arguments: [0, 1, 2, 7, 50, 80])
    func keepsTheHighestScores(limit: Int) {
        var random = SeededGenerator(seed: UInt64(limit))
        for _ in 0..<50 {
            let scores = (0..<50).map { _ in Float(Int.random(in: 0..<12, using: &random)) }
            var best = BestScores(limit: limit)
            for (index, score) in scores.enumerated() { best.add(score, at: index) }
            let kept = best.descending()
            #expect(kept.map(\.score) == Array(scores.sorted(by: >).prefix(limit)))
            #expect(kept.allSatisfy { scores[$0.index] == $0.score })
            #expect(Set(kept.map(\.index)).count == kept.count)
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
