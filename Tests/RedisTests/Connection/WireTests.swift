import EventLoop
import Glibc
import Synchronization
import Testing

@testable import Redis

/// What a wire makes of a stream that holds bytes back, as one that encrypts does: the socket tells nothing of them.
@Suite("Wire", .timeLimit(.minutes(5)))
struct WireTests {
    /// Has bytes to receive that its socket does not show, and keeps what is sent until it has been flushed twice.
    private final class HoldingStream: ByteStream {
        let descriptor: Int32
        private let peer: Int32
        private var input: ArraySlice<UInt8>
        private var flushesLeft = 0
        private(set) var sent: [UInt8] = []
        private(set) var flushed: [UInt8] = []

        init(holding input: [UInt8]) {
            var ends: [Int32] = [0, 0]
            let status = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
            precondition(status == 0)
            (descriptor, peer) = (ends[0], ends[1])
            self.input = input[...]
        }

        var holdsInput: Bool { !input.isEmpty }
        var holdsOutput: Bool { flushed.count < sent.count }

        func receive(into buffer: UnsafeMutableRawBufferPointer) -> ReceivedBytes {
            // As with records of TLS, less than there is room for although there is more.
            let piece = input.prefix(min(buffer.count, 16_384))
            if piece.isEmpty { return .none }
            buffer.copyBytes(from: piece)
            input = input.dropFirst(piece.count)
            return .count(piece.count)
        }

        func send(_ bytes: UnsafeRawBufferPointer, hasMore: Bool) -> Int {
            sent += bytes
            flushesLeft = 2
            return bytes.count
        }

        func flush() {
            flushesLeft -= 1
            if flushesLeft <= 0 { flushed = sent }
        }

        func close() {
            Glibc.close(descriptor)
            Glibc.close(peer)
        }
    }

    /// Owns a wire, as a client does.
    private actor Owner {
        nonisolated let loop = EventLoop(name: "test")
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        private let stream: HoldingStream
        private let wire: Wire
        private var replies = 0
        private var expected = 0
        private let end = OneShot<Void>()

        init(holding input: [UInt8] = []) {
            stream = HoldingStream(holding: input)
            wire = Wire(stream: stream, node: RedisNode(host: "test"), loop: loop, maximumReplyBytes: 1 << 20)
        }

        private func watch() {
            wire.watch { [weak self] readiness in self?.assumeIsolated { $0.isReady(readiness) } }
        }

        private func isReady(_ readiness: Readiness) {
            if readiness.contains(.writable) { try? wire.flush() }
            try? wire.readReplies { _ in replies += 1 }
            if replies == expected, !stream.holdsOutput { end.succeed() }
        }

        /// Lets the wire read once, and waits until all replies have come.
        func receive(_ count: Int) async throws {
            expected = count
            watch()
            isReady(.readable)
            try await end.wait()
            wire.close()
        }

        /// Sends a command, and waits until it is on its way.
        func send(_ command: RedisCommand) async throws -> [UInt8] {
            watch()
            wire.append(command)
            try wire.flush()
            try await end.wait()
            wire.close()
            return stream.flushed
        }
    }

    @Test func readsWhatTheStreamHoldsWithoutBeingTold() async throws {
        // More than one turn of the loop takes.
        let count = 1_000_000
        try await Owner(holding: Array(String(repeating: "+OK\r\n", count: count).utf8)).receive(count)
    }

    @Test func writesWhatTheStreamHoldsWhenTheSocketIsWritable() async throws {
        #expect(try await Owner().send(.ping) == Array("*1\r\n$4\r\nPING\r\n".utf8))
    }
}
