import Testing
import TextModels

@Suite struct AgglomerativeClusteringTests {
    private static func randomVectors(_ count: Int, dimension: Int, seed: UInt64) -> [[Float]] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in (0..<dimension).map { _ in random.float() } }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func labelsEqualTheDefinitionForEveryLinkage(seed: UInt64) throws {
        let vectors = Self.randomVectors(8 + Int(seed) * 3, dimension: Int(seed % 5) + 3, seed: seed)
        let reference = ClusteringReference(vectors: vectors)
        let cosine = ClusteringReference.tabulated(count: vectors.count, reference.cosine)
        let euclidean = ClusteringReference.tabulated(count: vectors.count, reference.euclidean)
        for (linkage, metric, definition) in [
            (.complete, .cosine, ClusteringReference.complete(cosine)), (.complete, .euclidean, ClusteringReference.complete(euclidean)),
            (.single, .cosine, ClusteringReference.single(cosine)), (.single, .euclidean, ClusteringReference.single(euclidean)),
            (.average, .cosine, ClusteringReference.average(cosine)), (.average, .euclidean, ClusteringReference.average(euclidean)),
            (.ward, .euclidean, reference.ward),
        ] as [(AgglomerativeClustering.Linkage, AgglomerativeClustering.Metric, ClusteringReference.Linkage)] {
            for threshold: Float in [0.2, 0.5, 0.9, 1.5] {
                let clustering = try AgglomerativeClustering(linkage: linkage, metric: metric, cut: .distance(threshold))
                let expected = reference.labels(mergingBelow: Double(threshold), linkage: definition)
                #expect(try clustering.labels(of: vectors) == expected, "\(linkage) \(metric) \(threshold)")
            }
        }
    }

    @Test func clustersAtTheThresholdStayApart() throws {
        let vectors: [[Float]] = [[0], [3], [10]]
        let apart = try AgglomerativeClustering(metric: .euclidean, cut: .distance(3))
        #expect(try apart.labels(of: vectors) == [0, 1, 2])
        let together = try AgglomerativeClustering(metric: .euclidean, cut: .distance(Float(3).nextUp))
        #expect(try together.labels(of: vectors) == [0, 0, 1])
        let everything = try AgglomerativeClustering(metric: .euclidean, cut: .distance(.infinity))
        #expect(try everything.labels(of: vectors) == [0, 0, 0])
    }

    @Test func theNumberOfClustersIsKept() throws {
        let vectors = Self.randomVectors(30, dimension: 4, seed: 3)
        for count in 1...30 {
            let labels = try AgglomerativeClustering(linkage: .average, metric: .euclidean, cut: .clusters(count)).labels(of: vectors)
            #expect(Set(labels) == Set(0..<count))
        }
    }

    @Test func labelsAreNumberedByFirstAppearance() throws {
        let vectors: [[Float]] = [[9, 1], [0, 5], [9, 1], [-4, 0], [0, 6], [-1, 0]]
        #expect(try AgglomerativeClustering(cut: .distance(0.2)).labels(of: vectors) == [0, 1, 0, 2, 1, 2])
    }

    @Test func equalVectorsMergeAtDistanceZero() throws {
        let vectors = [[Float]](repeating: [0.3, -0.7, 0.1], count: 5)
        let dendrogram = try AgglomerativeClustering(cut: .distance(0.5)).dendrogram(of: vectors)
        #expect(dendrogram.merges.count == 4)
        #expect(dendrogram.merges.allSatisfy { $0.height < 1e-6 })
    }

    @Test func heightsAscendAndEachMergeUnitesTwoClusters() throws {
        let vectors = Self.randomVectors(40, dimension: 5, seed: 11)
        for linkage in [.complete, .average, .single, .ward] as [AgglomerativeClustering.Linkage] {
            let dendrogram = try AgglomerativeClustering(linkage: linkage, metric: .euclidean, cut: .clusters(1)).dendrogram(of: vectors)
            #expect(dendrogram.leafCount == 40)
            #expect(dendrogram.merges.count == 39)
            #expect(zip(dendrogram.merges, dendrogram.merges.dropFirst()).allSatisfy { $0.height <= $1.height })
            #expect(Set(dendrogram.labels(cut: .clusters(1))) == [0])
        }
    }

    @Test func fewItemsNeedNoMerge() throws {
        let clustering = try AgglomerativeClustering(cut: .distance(0.5))
        #expect(try clustering.labels(of: []) == [])
        #expect(try clustering.labels(of: [[1, 2]]) == [0])
    }

    @Test func scaleDoesNotMatterToCosineDistance() throws {
        let vectors: [[Float]] = [[1e30, 0], [1e-30, 0], [0, 3e38], [0, 1]]
        #expect(try AgglomerativeClustering(cut: .distance(0.1)).labels(of: vectors) == [0, 0, 1, 1])
    }

    @Test func impossibleSettingsAreRefused() {
        for make in [
            { () throws in try AgglomerativeClustering(linkage: .ward, metric: .cosine, cut: .clusters(2)) },
            { try AgglomerativeClustering(cut: .distance(-0.1)) }, { try AgglomerativeClustering(cut: .distance(.nan)) },
            { try AgglomerativeClustering(cut: .clusters(0)) },
        ] {
            let error = #expect(throws: ClusteringError.self) { _ = try make() }
            #expect(error?.code == .invalidSettings)
        }
    }

    @Test func impossibleVectorsAreRefused() throws {
        let cosine = try AgglomerativeClustering(cut: .distance(0.5))
        let euclidean = try AgglomerativeClustering(metric: .euclidean, cut: .distance(0.5))
        for (clustering, vectors, code) in [
            (cosine, [[1, 2], [1]], .unequalLengths), (cosine, [[1, 2], [0, 0]], .zeroVector), (cosine, [[], []], .zeroVector),
            (cosine, [[.nan, 2]], .notFinite), (euclidean, [[1], [.infinity]], .notFinite), (euclidean, [[3e38], [-3e38]], .notFinite),
        ] as [(AgglomerativeClustering, [[Float]], ClusteringError.Code)] {
            let error = #expect(throws: ClusteringError.self) { try clustering.labels(of: vectors) }
            #expect(error?.code == code)
        }
        let many = try AgglomerativeClustering(cut: .clusters(3))
        #expect(#expect(throws: ClusteringError.self) { try many.labels(of: [[1], [2]]) }?.code == .invalidSettings)
    }

    @Test(arguments: [0, 1, 2, 1_500])
    func progressAscendsToOne(count: Int) throws {
        let vectors = Self.randomVectors(count, dimension: 5, seed: 3)
        var shares: [Double] = []
        _ = try AgglomerativeClustering(cut: .distance(0.5)).labels(of: vectors) { shares.append($0) }
        #expect(shares == shares.sorted())
        #expect(shares.allSatisfy { (0...1).contains($0) })
        #expect(shares.last == 1)
        #expect(count < 1_000 || shares.count > 10)
    }

    /// Half is where the distances are there and the merges begin.
    @Test(arguments: [0.1, 0.6])
    func cancellationEndsTheWork(share: Double) async throws {
        let vectors = Self.randomVectors(3_000, dimension: 5, seed: 5)
        let task = Task {
            var latest = 0.0
            let error = #expect(throws: ClusteringError.self) {
                _ = try AgglomerativeClustering(cut: .distance(0.5)).labels(of: vectors) { done in
                    latest = done
                    if done >= share { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            #expect(error?.code == .cancelled)
            return latest
        }
        #expect(await task.value < 1)
    }

    @Test func moreVectorsThanAllowedAreRefused() throws {
        let clustering = try AgglomerativeClustering(cut: .distance(0.5), maximumCount: 2)
        #expect(try clustering.labels(of: [[1], [2]]) == [0, 0])
        #expect(#expect(throws: ClusteringError.self) { try clustering.labels(of: [[1], [2], [3]]) }?.code == .tooManyVectors)
    }
}
