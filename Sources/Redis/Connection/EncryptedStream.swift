internal import EventLoop
internal import TLS

/// A TLS connection over a socket.
///
/// The session encrypts between two buffers in memory; this class moves what is encrypted between them and the socket, and never waits.
final class EncryptedStream: ByteStream {
    private let socket: SocketStream
    private let session: TLSSession
    /// What broke the session while it still had plain bytes to give; told when those have been taken.
    private var failure: (any Error)?

    private init(socket: SocketStream, session: TLSSession) {
        self.socket = socket
        self.session = session
    }

    deinit {
        close()
    }

    /// Shakes hands over a connected socket.
    nonisolated(nonsending) static func connect(
        over socket: SocketStream, _ context: TLSContext, before deadline: LoopDeadline
    ) async throws -> EncryptedStream {
        let stream = EncryptedStream(socket: socket, session: try TLSSession(context))
        while try !stream.shakeHands() {
            switch try stream.receiveEncrypted() {
            case .count: continue
            case .none: try await deadline.untilReady(socket.descriptor, for: stream.holdsOutput ? [.readable, .writable] : .readable)
            case .endOfStream:
                throw TLSError(.cutOff, "the peer ended the connection during the TLS handshake; check that the port is one for TLS")
            }
        }
        return stream
    }

    private func shakeHands() throws -> Bool {
        do {
            let isDone = try session.shakeHands()
            try flush()
            return isDone
        } catch {
            // The peer is told why, if it still listens.
            try? flush()
            throw error
        }
    }

    private func receiveEncrypted() throws(SystemError) -> ReceivedBytes {
        var received = ReceivedBytes.none
        try session.fill { room throws(SystemError) in
            received = try socket.receive(into: room)
            return if case .count(let count) = received { count } else { 0 }
        }
        return received
    }

    // MARK: ByteStream

    var descriptor: Int32 { socket.descriptor }

    var holdsInput: Bool { failure != nil || session.holdsInput }

    var holdsOutput: Bool { session.holdsOutput }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws -> ReceivedBytes {
        if let failure { throw failure }
        var count = 0
        do {
            while count < buffer.count {
                let end = try receiveOnce(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]), &count)
                if let end { return count > 0 ? .count(count) : end }
            }
        } catch {
            if count == 0 { throw error }
            failure = error
        }
        return .count(count)
    }

    /// - Returns: Why there is nothing more, or `nil`.
    private func receiveOnce(into buffer: UnsafeMutableRawBufferPointer, _ total: inout Int) throws -> ReceivedBytes? {
        switch try session.read(into: buffer) {
        case .count(let count):
            total += count
            return nil
        case .endOfStream:
            return .endOfStream
        case .none:
            switch try receiveEncrypted() {
            case .count: return nil
            case .none: return ReceivedBytes.none
            case .endOfStream: throw TLSError(.cutOff, "the connection was cut off: it ended without TLS's goodbye")
            }
        }
    }

    func send(_ bytes: UnsafeRawBufferPointer, hasMore: Bool) throws -> Int {
        var taken = 0
        while taken < bytes.count {
            let count = try session.write(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
            taken += count
            if count > 0 { continue }
            guard holdsOutput else { break }
            try flush()
            if holdsOutput { break }
        }
        return taken
    }

    func flush() throws {
        try session.drain { piece throws(SystemError) in try socket.send(piece, hasMore: false) }
    }

    func close() {
        guard socket.descriptor >= 0 else { return }
        session.close()
        try? flush()
        socket.close()
    }
}
