internal import FoundationEssentials
internal import JSON

@testable internal import ClusteringTexts

extension FuzzTarget {
    /// The clustering service takes in no texts that Foundation refuses, finds the same, and reads what it writes.
    static let jsonTexts = FuzzTarget("json-texts") { bytes in
        if let collection = decoding(bytes.count, factor: 512, { try TextCollection(json: bytes, maximumCount: 1_000) }) {
            check(collection, from: bytes)
        }
        if let clusters = decoding(bytes.count, factor: 512, { try TextClusters(json: bytes) }) {
            let again = expectSuccess("clusters of our own cannot be read") { try TextClusters(json: clusters.json) }
            expect(again == clusters, "clusters changed on their way")
        }
    }

    private static func check(_ collection: TextCollection, from bytes: [UInt8]) {
        expect(collection.ids.count == collection.texts.count && collection.ids.count <= 1_000, "as many texts as ids")
        let found = expectSuccess("Foundation refuses texts by their ids") {
            try JSONDecoder().decode([String: String].self, from: Data(bytes))
        }
        for (id, text) in zip(collection.ids, collection.texts) {
            // Ids that are equal to Swift, though not byte by byte, are one to Foundation.
            let sameIDs = collection.ids.count { $0 == id }
            expect(sameIDs > 1 || found[id] == text, "the text of \(id) is not \(text)")
        }
        let value = JSONValue.object(zip(collection.ids, collection.texts).map { .init($0, .string($1)) })
        let again = expectSuccess("texts of our own cannot be read") { try TextCollection(json: value.bytes) }
        expect(again == collection, "texts changed on their way")
    }
}
