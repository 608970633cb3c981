import FastTextEmbedding
import MLServing
import Testing

@Suite struct TextsTests {
    private static let codecs: [any PayloadCodec] = [MessagePackCodec(), JSONCodec()]

    @Test(arguments: [0, 1])
    func oneTextIsAPlainText(codec: Int) throws {
        let codec = Self.codecs[codec]
        #expect(try codec.encode(Texts.one("door")) == codec.encode("door"))
        #expect(try codec.decode(Texts.self, from: codec.encode("door")[...]) == .one("door"))
    }

    @Test(arguments: [0, 1])
    func listIsAPlainList(codec: Int) throws {
        let codec = Self.codecs[codec]
        for list in [[], ["door"], ["door", ""]] {
            #expect(try codec.encode(Texts.list(list)) == codec.encode(list))
            #expect(try codec.decode(Texts.self, from: codec.encode(list)[...]) == .list(list))
        }
    }

    @Test(arguments: [0, 1])
    func anythingElseIsRefused(codec: Int) throws {
        let codec = Self.codecs[codec]
        #expect(throws: DecodingError.self) { try codec.decode(Texts.self, from: codec.encode(5)[...]) }
        #expect(throws: DecodingError.self) { try codec.decode(Texts.self, from: codec.encode(["a": "b"])[...]) }
        #expect(throws: DecodingError.self) { try codec.decode(Texts.self, from: codec.encode([1])[...]) }
    }

    @Test(arguments: [0, 1])
    func embeddingsArePlainLists(codec: Int) throws {
        let codec = Self.codecs[codec]
        #expect(try codec.encode(Embeddings.one([1, 2.5])) == codec.encode([1, 2.5] as [Float]))
        #expect(try codec.encode(Embeddings.list([[1], [2.5]])) == codec.encode([[1], [2.5]] as [[Float]]))
        for embeddings in [Embeddings.one([1, 2.5]), .list([[1], [2.5]]), .list([])] {
            #expect(try codec.decode(Embeddings.self, from: codec.encode(embeddings)[...]) == embeddings)
        }
    }
}
