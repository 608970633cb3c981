import Testing

@testable import TextClusteringService

@Suite struct ClusterReportTests {
    @Test func clustersHaveTitlesAndTheRestComesLast() throws {
        let texts = #"{"a": "Red wine", "bb": "White wine", "c": "Lost hat", "d": "Old dog", "e": "Cats"}"#
        let clusters = #"{"-1": ["c"], "0": ["a", "bb"], "1": ["d", "e"]}"#
        let report = ClusterReport(
            of: try TextCollection(json: Array(texts.utf8)), in: try TextClusters(json: Array(clusters.utf8)), after: .milliseconds(1_057))
        #expect(
            report.description == """
                4 of 5 texts in 2 clusters (1.05 s)

                0. wine
                   a   Red wine
                   bb  White wine

                1. Cats
                   d   Old dog
                   e   Cats

                In no cluster
                   c   Lost hat

                """)
    }

    @Test func idWithoutTextIsStillListed() throws {
        let report = ClusterReport(of: try TextCollection(json: Array("{}".utf8)), in: TextClusters(ids: ["x"], labels: [0]))
        #expect(report.description.contains("   x"))
    }
}
