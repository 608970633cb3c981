import Foundation
import MessagePack
import Testing

@Suite struct MessagePackExtensionTests {
    /// Two bytes and as many more as the first one says; faulty on request.
    private struct Blob: MessagePackExtension, Equatable {
        static let extensionType: Int8 = 42
        var tag: UInt8
        var content: [UInt8]
        var announced: Int?

        var payloadByteCount: Int { announced ?? content.count + 2 }

        private enum CodingKeys: CodingKey { case tag, content }

        func encodePayload(into payload: inout OutputRawSpan) throws {
            if tag == 255 { throw MessagePackError.invalidExtension("the tag 255 is reserved") }
            payload.append(tag)
            payload.append(UInt8(truncatingIfNeeded: content.count))
            for byte in content { payload.append(byte) }
        }

        init(tag: UInt8, content: [UInt8], announced: Int? = nil) {
            self.tag = tag
            self.content = content
            self.announced = announced
        }

        init(payload: RawSpan) throws {
            let bytes = payload.withUnsafeBytes { Array($0) }
            guard bytes.count >= 2, bytes.count == Int(bytes[1]) + 2 else {
                throw MessagePackError.invalidExtension("a blob has the wrong length")
            }
            tag = bytes[0]
            content = Array(bytes[2...])
        }
    }

    private struct Holder: Codable, Equatable {
        var blob: Blob
        var optional: Blob?
        var list: [Blob]
        var named: [String: Blob]
    }

    @Test func extensionsTravelAnywhereInAValue() throws {
        let blob = Blob(tag: 1, content: [7, 8])
        #expect(try MessagePackEncoder().encode(blob) == bytes("d62a 01020708"))
        let holder = Holder(blob: blob, optional: Blob(tag: 2, content: []), list: [blob, blob], named: ["n": blob])
        #expect(try MessagePackDecoder().decode(Holder.self, from: MessagePackEncoder().encode(holder)) == holder)
        let large = Blob(tag: 3, content: [UInt8](repeating: 9, count: 253))
        #expect(try MessagePackDecoder().decode([Blob].self, from: MessagePackEncoder().encode([large, large])) == [large, large])
    }

    @Test func otherCodersUseTheCodableImplementation() throws {
        let blob = Blob(tag: 1, content: [7])
        #expect(try JSONDecoder().decode(Blob.self, from: JSONEncoder().encode(blob)) == blob)
        // And what is no extension may still be that form.
        #expect(
            try MessagePackDecoder().decode(Blob.self, from: MessagePackEncoder().encode(["tag": 1 as MessagePackValue, "content": [7]]))
                == blob)
    }

    @Test func payloadThatBreaksItsRulesIsCorruptData() throws {
        let error = #expect(throws: DecodingError.self) {
            try MessagePackDecoder().decode([String: Blob].self, from: bytes("81 a16b d52a 0105"))
        }
        guard case .dataCorrupted(let context) = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(context.codingPath.map(\.stringValue) == ["k"])
        #expect(
            context.underlyingError as? MessagePackError
                == MessagePackError(.invalidExtension, "a blob has the wrong length", byteOffset: 3))
    }

    @Test func otherTypeCodeIsAMismatch() throws {
        let error = #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(Blob.self, from: bytes("d52b 0100")) }
        guard case .typeMismatch = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(Int.self, from: bytes("d52a 0100")) }
        #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(Person.self, from: bytes("d52a 0100")) }
    }

    @Test(arguments: [3, 1000, -1])
    func payloadOfOtherLengthThanAnnouncedIsAnError(_ announced: Int) throws {
        #expect(throws: EncodingError.self) { try MessagePackEncoder().encode([Blob(tag: 1, content: [], announced: announced)]) }
    }

    @Test func errorOfThePayloadReachesTheCaller() {
        #expect(throws: MessagePackError.self) { try MessagePackEncoder().encode([Blob(tag: 255, content: [])]) }
    }
}
