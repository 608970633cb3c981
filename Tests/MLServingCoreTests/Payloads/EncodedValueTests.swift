import Testing

@testable import MLServingCore

@Suite("EncodedValue")
struct EncodedValueTests {
    private let value = EncodedValue(contentType: .json, bytes: [UInt8](#"{"a": 1 }"#.utf8)[...])

    @Test func passesUnchanged() throws {
        #expect(try JSONCodec().payload(value) == value.bytes)
        #expect(try JSONCodec().value(EncodedValue.self, from: value.bytes) == value)
    }

    @Test func malformedBytesDoNotPass() {
        #expect(throws: (any Error).self) { try JSONCodec().value(EncodedValue.self, from: [UInt8](#"{"a": 1"#.utf8)[...]) }
        #expect(throws: (any Error).self) { try MessagePackCodec().value(EncodedValue.self, from: [0x92, 1]) }
    }

    @Test func otherContentTypeIsRefused() {
        let error = #expect(throws: ServingError.self) { try MessagePackCodec().payload(value) }
        #expect(error?.code == .unsupportedContentType)
    }

    @Test func insideOtherValuesItIsRefused() {
        #expect(throws: (any Error).self) { try JSONCodec().encode([value]) }
        #expect(throws: (any Error).self) { try JSONCodec().decode([EncodedValue].self, from: [UInt8]("[1]".utf8)[...]) }
    }
}
