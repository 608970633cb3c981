/// The binary tree over labels that hierarchical softmax walks: frequent labels lie near its root.
///
/// It is not stored in model files, so it is built as the trainer built it, ties included.
struct HuffmanTree: Sendable {
    /// More than any count, so that a node that is not made yet is never the smaller one.
    private static let unmade: Int64 = 1_000_000_000_000_000

    private let leafCount: Int
    /// The two children of each inner node, inner nodes numbered from `leafCount` on.
    private let children: [(left: Int, right: Int)]

    /// - Parameter counts: The frequency of each label, in the order of the file, which descends.
    /// - Returns: nil if the counts are beyond what training can produce.
    init?(counts: [Int64]) {
        leafCount = counts.count
        var counts = counts
        var children: [(left: Int, right: Int)] = []
        var leaf = leafCount - 1
        var node = leafCount
        for _ in 0..<max(0, leafCount - 1) {
            func next() -> Int? {
                if leaf >= 0, counts[leaf] < (node < counts.count ? counts[node] : Self.unmade) {
                    defer { leaf -= 1 }
                    return leaf
                }
                defer { node += 1 }
                return node < counts.count ? node : nil
            }
            guard let left = next(), let right = next() else { return nil }
            let (sum, overflow) = counts[left].addingReportingOverflow(counts[right])
            guard !overflow else { return nil }
            children.append((left, right))
            counts.append(sum)
        }
        self.children = children
    }

    /// Scores the leaves that can reach `threshold` and are among the best.
    ///
    /// - Parameters:
    ///   - threshold: The logarithm of the smallest probability that counts.
    ///   - probability: The probability of turning right at the inner node of this row of the output matrix.
    func score(threshold: Float, into best: inout BestScores, probability: (_ row: Int) -> Float) {
        guard leafCount > 0 else { return }
        // A stack of its own: a damaged file can make the tree as deep as it has labels.
        var pending: [(node: Int, score: Float)] = [(leafCount + children.count - 1, 0)]
        while let (node, score) = pending.popLast() {
            guard score >= threshold, best.bar.map({ score >= $0 }) ?? true else { continue }
            guard node >= leafCount else {
                best.add(score, at: node)
                continue
            }
            let row = node - leafCount
            let right = probability(row)
            pending.append((children[row].right, score + LabelClassifier.smoothedLogarithm(right)))
            pending.append((children[row].left, score + LabelClassifier.smoothedLogarithm(Float(1 - Double(right)))))
        }
    }
}
