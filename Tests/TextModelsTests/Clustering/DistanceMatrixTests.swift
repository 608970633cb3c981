import Testing

@testable import TextModels

@Suite struct DistanceMatrixTests {
    /// The larger count is shared by several threads.
    @Test(arguments: [1, 2, 5, 33, 1_003], [AgglomerativeClustering.Metric.cosine, .euclidean])
    func distancesEqualTheDefinition(count: Int, metric: AgglomerativeClustering.Metric) throws {
        var random = SeededGenerator(seed: 5)
        let vectors = (0..<count).map { _ in (0..<11).map { _ in random.float() } }
        let matrix = try DistanceMatrix(of: vectors, metric: metric)
        #expect(matrix.values.count == count * (count - 1) / 2)
        let reference = ClusteringReference(vectors: vectors)
        for _ in 0..<min(300, count * count) {
            let (first, second) = (Int.random(in: 0..<count, using: &random), Int.random(in: 0..<count, using: &random))
            guard first != second else { continue }
            let expected = metric == .cosine ? reference.cosine(first, second) : reference.euclidean(first, second)
            #expect(abs(Double(matrix[first, second]) - expected) < 1e-5)
            #expect(matrix[second, first] == matrix[first, second])
        }
    }

    @Test func cosineDistanceStaysBetweenZeroAndTwo() throws {
        let forward = (1...60).map { length in [Float(length) / 7, Float(length) / 3, -Float(length)] }
        let vectors = forward + forward.map { $0.map { -$0 } }
        let matrix = try DistanceMatrix(of: vectors, metric: .cosine)
        #expect(matrix.values.allSatisfy { (0...2).contains($0) })
    }

    @Test func noItemsHaveNoDistances() throws {
        #expect(try DistanceMatrix(of: [], metric: .cosine).values.isEmpty)
    }
}
