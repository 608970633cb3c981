import MLServing
import Testing

@testable import TextClusteringService

@Suite struct TextClustersTests {
    private static func text(_ clusters: TextClusters) -> String {
        String(decoding: clusters.json, as: UTF8.self)
    }

    @Test func labelsAreInNumericOrderAndIdsInTheirs() {
        let labels = Array(0..<12) + [0, -1, 11, -1]
        let clusters = TextClusters(ids: (0..<16).map { "t\($0)" }, labels: labels)
        let expected =
            #"{"-1":["t13","t15"],"0":["t0","t12"],"1":["t1"],"2":["t2"],"3":["t3"],"4":["t4"],"5":["t5"],"6":["t6"],"#
            + #""7":["t7"],"8":["t8"],"9":["t9"],"10":["t10"],"11":["t11","t14"]}"#
        #expect(Self.text(clusters) == expected)
    }

    @Test func labelWithoutTextsIsLeftOut() {
        #expect(Self.text(TextClusters(ids: ["a"], labels: [0])) == #"{"0":["a"]}"#)
        #expect(Self.text(TextClusters(ids: [], labels: [])) == "{}")
    }

    @Test func countsTellClustersFromTheRest() {
        let clusters = TextClusters(ids: ["a", "b", "c", "d"], labels: [0, -1, 1, 1])
        #expect(clusters.textCount == 4)
        #expect(clusters.clusterCount == 2)
        #expect(clusters.unclusteredCount == 1)
    }

    @Test func idsOfAnyKindAreEscapedAsAnotherDecoderReadsThem() throws {
        let ids = ["\"", "\\", "a\nb\tc\rd", "\u{0}\u{8}\u{1F}", "\u{7F}", "é😀", "</script>"]
        let decoded = try JSONCodec().decode([String: [String]].self, from: TextClusters(ids: ids, labels: ids.map { _ in 0 }).json[...])
        #expect(decoded == ["0": ids])
    }

    @Test func readsWhatItWrites() throws {
        let clusters = TextClusters(ids: ["a", "b", "c", "\""], labels: [1, -1, 0, 1])
        #expect(try TextClusters(json: clusters.json) == clusters)
    }

    @Test(arguments: ["", "[]", #"{"a": []}"#, #"{"0": "a"}"#, #"{"0": [1]}"#, #"{"0": []} 1"#])
    func refusesAnythingElse(json: String) {
        #expect(throws: TextCollectionError.self) { try TextClusters(json: Array(json.utf8)) }
    }
}
