import JSON
import Testing

@testable import TextClusteringService

@Suite struct ClusterDetailsTests {
    private static func details(
        words: [String], vectors: [[Float]], labels: [Int], withPositions: Bool = false
    ) throws -> ClusterDetails {
        try ClusterDetails(
            ids: words.indices.map { "t\($0)" }, words: words, vectors: vectors, labels: labels, withPositions: withPositions)
    }

    @Test func representativeIsNearestToTheCentre() throws {
        let details = try Self.details(
            words: ["a", "b", "c", "d"], vectors: [[1, 0], [1, 1], [0, 1], [0, 0]], labels: [0, 0, 0, -1])
        #expect(details.clusters.map(\.representative) == ["t1"])
        let distances = details.clusters[0].texts.compactMap(\.distance)
        #expect(distances.count == 3)
        // The centre halves the right angle.
        #expect(abs(distances[0] - (1 - Float(0.5).squareRoot())) < 1e-6)
        #expect(abs(distances[1]) < 1e-6)
        #expect(abs(distances[2] - distances[0]) < 1e-6)
        #expect(details.unclustered.map(\.id) == ["t3"])
        #expect(details.unclustered[0].distance == nil)
    }

    @Test func firstOfEquallyNearTextsRepresents() throws {
        let details = try Self.details(words: ["a", "a"], vectors: [[2, 0], [1, 0]], labels: [0, 0])
        #expect(details.clusters.map(\.representative) == ["t0"])
    }

    @Test func centreDoesNotDependOnTheLengthOfVectors() throws {
        let details = try Self.details(words: ["a", "b"], vectors: [[1_000, 0], [0, 0.001]], labels: [0, 0])
        let distances = details.clusters[0].texts.compactMap(\.distance)
        #expect(abs(distances[0] - distances[1]) < 1e-6)
    }

    @Test func termsAreSharedWithinAClusterAndRareBeyond() throws {
        let details = try Self.details(
            words: ["red door", "red house door", "blue door", "red cow", "red cow grass", "bull cow"],
            vectors: [[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1]], labels: [0, 0, 0, 1, 1, 1])
        #expect(details.clusters.map(\.terms) == [["door", "red"], ["cow", "red"]])
    }

    @Test func textsWithoutSharedWordsHaveNoTerms() throws {
        let details = try Self.details(words: ["a b", "c d", ""], vectors: [[1], [1], [1]], labels: [0, 0, 0])
        #expect(details.clusters.map(\.terms) == [[]])
    }

    @Test func positionsKeepGroupsApart() throws {
        let vectors: [[Float]] = [[1, 0, 0.1], [1, 0.1, 0], [0, 1, 0.1], [0.1, 1, 0], [-1, 0, 0.1], [-1, 0.1, 0]]
        let details = try Self.details(
            words: vectors.map { _ in "a" }, vectors: vectors, labels: [0, 0, 1, 1, 2, 2], withPositions: true)
        let positions = try details.clusters.map { try $0.texts.map { try #require($0.position) } }
        func distance(_ first: SIMD2<Float>, _ second: SIMD2<Float>) -> Float { ((first - second) * (first - second)).sum().squareRoot() }
        for (index, pair) in positions.enumerated() {
            for other in positions[(index + 1)...] {
                #expect(distance(pair[0], pair[1]) * 3 < distance(pair[0], other[0]))
            }
        }
        let coordinates = positions.joined().flatMap { [abs($0.x), abs($0.y)] }
        #expect(abs((coordinates.max() ?? 0) - 1) < 1e-6)
    }

    @Test(arguments: [[], [[1, 2]], [[1, 2], [2, 4]], [[], []], [[0, 0], [0, 0]]] as [[[Float]]])
    func vectorsThatDoNotVaryAreInTheMiddle(vectors: [[Float]]) throws {
        let positions = try PlanarPositions.positions(of: Directions(of: vectors))
        #expect(positions == vectors.map { _ in SIMD2(0, 0) })
    }

    @Test func vectorsWithoutDirectionAreInTheMiddleAndMoveNoOther() throws {
        let known: [[Float]] = [[1, 0.1], [0.9, 0.2], [0.1, 1]]
        let positions = try PlanarPositions.positions(of: Directions(of: known + [[0, 0], []]))
        #expect(try positions == PlanarPositions.positions(of: Directions(of: known)) + [.zero, .zero])
    }

    @Test func writtenAsTheDocumentationSays() throws {
        let details = try Self.details(
            words: ["door", "door", "bull"], vectors: [[1, 0], [1, 0], [0, 0]], labels: [0, 0, -1], withPositions: true)
        let text = String(decoding: details.json.bytes, as: UTF8.self)
        #expect(
            text.hasPrefix(
                #"{"clusters":[{"label":0,"representative":"t0","terms":["door"],"texts":[{"id":"t0","distance":0.0,"position":["#))
        #expect(text.contains(#""unclustered":[{"id":"t2","position":["#))
    }
}
