import MessagePack
import Testing

@testable import Tensors

@Suite("Tensors in MessagePack")
struct TensorMessagePackTests {
    @Test func layoutIsTheDocumentedOne() throws {
        let bytes = try MessagePackEncoder().encode(try Tensor([1, 258] as [UInt16], shape: [2, 1]))
        let header: [UInt8] = [0xC7, 25, 84, 7, 2, 1, 0]
        #expect(bytes == header + [2, 0, 0, 0, 0, 0, 0, 0] + [1, 0, 0, 0, 0, 0, 0, 0] + [0] + [1, 0, 2, 1])
    }

    @Test(arguments: [0, 1, 2, 3, 60, 1_000, 20_000, 100_000])
    func tensorsComeBack(count: Int) throws {
        let tensor = try Tensor((0..<count).map { Double($0) / 3 }, shape: [count])
        let bytes = try MessagePackEncoder().encode(tensor)
        #expect(try MessagePackDecoder().decode(Tensor.self, from: bytes) == tensor)
        #expect(try bytes.withUnsafeBytes { try MessagePackDecoder().decode(Tensor.self, from: $0) } == tensor)
    }

    /// Where the elements lie, from the start of the message; `nil` when they lie elsewhere.
    private func offset(of tensor: Tensor, in message: [UInt8]) -> Int? {
        message.withUnsafeBytes { message in
            tensor.bytes.withUnsafeBytes { elements in
                guard let start = message.baseAddress, let address = elements.baseAddress else { return nil }
                return message.contains(where: { _ in address >= start && address < start + message.count }) ? address - start : nil
            }
        }
    }

    @Test(arguments: [40, 1_000, 100_000])
    func elementsOfAWholeMessageAreShared(count: Int) throws {
        let message = try MessagePackEncoder().encode(try Tensor([Float](repeating: 1, count: count), shape: [1, count]))
        let offset = try #require(offset(of: try MessagePackDecoder().decode(Tensor.self, from: message), in: message))
        #expect(offset % 8 == 0)
    }

    @Test func elementsThatLieUnalignedAreCopied() throws {
        struct Named: Codable {
            var name: String
            var tensor: Tensor
        }
        var sharedCount = 0
        for length in 0..<8 {
            let named = Named(name: String(repeating: "a", count: length), tensor: try Tensor([1.5, 2.5] as [Double]))
            let message = try MessagePackEncoder().encode(named)
            let decoded = try MessagePackDecoder().decode(Named.self, from: message)
            #expect(decoded.tensor == named.tensor)
            let isAligned = decoded.tensor.bytes.withUnsafeBytes { $0.isAligned(for: Double.self) }
            #expect(isAligned)
            if offset(of: decoded.tensor, in: message) != nil { sharedCount += 1 }
        }
        #expect(sharedCount == 1)
    }

    private func decode(_ payload: [UInt8]) throws -> Tensor {
        var writer = MessagePackWriter()
        writer.writeExtension(type: 84, payload)
        return try MessagePackDecoder().decode(Tensor.self, from: writer.bytes)
    }

    @Test func whatIsNoTensorIsRefused() throws {
        let one: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
        let huge: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x80]
        let wide: [UInt8] = [0, 0, 0, 0, 1, 0, 0, 0]
        #expect(try decode([6, 1, 0, 0] + one + [7]).elements(of: UInt8.self) == [7])
        #expect(try decode([6, 1, 63, 0] + one + [UInt8](repeating: 0, count: 63) + [7]).count == 1)
        let malformed: [[UInt8]] = [
            [], [6], [6, 1, 0], [6, 1, 0, 0], [0, 1, 0, 0] + one + [7], [15, 1, 0, 0] + one + [7], [6, 33, 0, 0] + one + [7],
            [6, 1, 64, 0] + one + [UInt8](repeating: 0, count: 65), [6, 1, 0, 1] + one + [7], [6, 1, 0, 0] + one,
            [6, 1, 0, 0] + one + [7, 7],
            [6, 1, 0, 0] + huge, [6, 2, 0, 0] + wide + wide, [13, 1, 0, 0] + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F] + [7],
            [6, 1, 5, 0] + one + [7], [14, 1, 0, 0] + one + [2, 0, 0, 0, 1],
        ]
        for payload in malformed {
            #expect(throws: DecodingError.self, "\(payload)") { try decode(payload) }
        }
    }

    @Test func otherExtensionsAreRefused() throws {
        var writer = MessagePackWriter()
        writer.writeExtension(type: 85, [6, 0, 0, 0, 7])
        #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(Tensor.self, from: writer.bytes) }
    }
}
