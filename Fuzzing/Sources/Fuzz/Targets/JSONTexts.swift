internal import FoundationEssentials

@testable internal import ClusteringTexts

extension FuzzTarget {
    /// The clustering service's reader takes in nothing that Foundation refuses, finds the same texts, and reads what the writer writes.
    static let jsonTexts = FuzzTarget("json-texts") { bytes in
        let isJSON = decoding(bytes.count, factor: 64) {
            var reader = JSONReader(bytes)
            try reader.skipValue()
            try reader.finish()
            return true
        }
        if isJSON != nil, isShallow(bytes) {
            expectSuccess("what Foundation refuses is JSON") { _ = try JSONDecoder().decode(Anything.self, from: Data(bytes)) }
        }

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
        var writer = JSONWriter()
        writer.writeObject(Array(zip(collection.ids, collection.texts))) { writer, text in writer.write(text) }
        let again = expectSuccess("texts of our own cannot be read") { try TextCollection(json: writer.bytes) }
        expect(again == collection, "texts changed on their way")
    }
}

/// Decodes from any value, and keeps nothing of it.
private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
}
