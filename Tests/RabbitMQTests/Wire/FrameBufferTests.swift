import Glibc
import Testing

@testable import RabbitMQ

@Suite("FrameBuffer")
struct FrameBufferTests {
    /// Takes the frames of bytes that arrive in pieces.
    private func frames(of bytes: [UInt8], pieces size: Int, limit: Int = 1 << 20) throws -> [(
        type: UInt8, channel: UInt16, payload: [UInt8]
    )] {
        var sockets: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &sockets) == 0)
        defer { for socket in sockets { close(socket) } }
        let buffer = FrameBuffer(limit: limit)
        let stream = ByteStream(descriptor: sockets[1])
        var frames: [(UInt8, UInt16, [UInt8])] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(piece.count)
            var written = 0
            while written < piece.count {
                let result = piece[written...].withUnsafeBytes { send(sockets[0], $0.baseAddress, $0.count, 0) }
                if result > 0 { written += result }
                while case .count = buffer.read(from: stream) {
                    while let frame = try buffer.next() { frames.append((frame.type, frame.channel, [UInt8](frame.payload))) }
                }
            }
        }
        return frames
    }

    @Test(arguments: [1, 7, 1_000, 1 << 20]) func framesComeWholeHoweverTheyArrive(_ size: Int) throws {
        // The last is larger than the buffer at rest.
        let payloads = [[], [1], [UInt8](repeating: 2, count: 3_000), size < 7 ? [3] : [UInt8](repeating: 3, count: 400_000), [4]]
        let bytes = payloads.enumerated().flatMap { ForgedFrame.frame(type: 3, channel: UInt16($0.offset), $0.element) }
        let frames = try frames(of: bytes, pieces: size)
        #expect(frames.map(\.payload) == payloads)
        #expect(frames.map(\.channel) == [0, 1, 2, 3, 4])
        #expect(frames.allSatisfy { $0.type == 3 })
    }

    @Test func frameBeyondTheLimitOrWithoutItsEndIsAViolation() throws {
        let frame = ForgedFrame.frame(type: 1, channel: 0, [1, 2, 3])
        #expect(try frames(of: frame, pieces: 100, limit: frame.count).count == 1)
        #expect(throws: RabbitMQError.self) { _ = try frames(of: frame, pieces: 100, limit: frame.count - 1) }
        #expect(throws: RabbitMQError.self) { _ = try frames(of: frame.dropLast() + [0], pieces: 100) }
    }
}
