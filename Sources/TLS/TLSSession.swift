internal import COpenSSL

/// One end of an encrypted connection, without the connection: what the peer has sent is put in, plain bytes come out, and the other way
/// round.
///
/// It holds two buffers of ``capacity`` bytes for what is encrypted, which do not grow. A session belongs to one thread at a time.
package final class TLSSession {
    /// The size of each of the two buffers: four records.
    package static let capacity = 68 * 1024

    /// What there was to read.
    package enum Received {
        case count(Int)
        /// Nothing, before more has arrived from the peer.
        case none
        /// The peer has said goodbye.
        case endOfStream
    }

    private let context: TLSContext
    private let pointer: OpaquePointer

    /// Makes the client's end of a connection that has yet to shake hands.
    package init(_ context: TLSContext) throws(TLSError) {
        let name = context.configuration.serverName ?? context.host
        let session = mlserving_tls_session_create(context.pointer, mlserving_tls_is_address(name) ? nil : name, Self.capacity)
        guard let session else { throw TLSError(.failed, "cannot set up TLS: out of memory") }
        self.context = context
        pointer = session
    }

    deinit {
        mlserving_tls_session_free(pointer)
    }

    /// The version that is spoken, such as `TLSv1.3`.
    package var version: String { String(cString: mlserving_tls_session_version(pointer)) }

    // MARK: Plain bytes

    /// Goes on with the handshake.
    ///
    /// - Returns: Whether it is done. If not, write what there is, read what comes, and call again.
    package func shakeHands() throws(TLSError) -> Bool {
        let result = mlserving_tls_session_handshake(pointer)
        if result < 0 { throw context.failure() }
        return result == 1
    }

    /// Takes plain bytes out.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(TLSError) -> Received {
        let count = mlserving_tls_session_read(pointer, buffer.baseAddress, buffer.count)
        switch count {
        case 0: return .none
        case -1: throw context.failure()
        case -2: return .endOfStream
        default: return .count(count)
        }
    }

    /// Puts plain bytes in: one record's worth at most.
    ///
    /// - Returns: How many were taken; 0 when what is encrypted has to be written first.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(TLSError) -> Int {
        let count = mlserving_tls_session_write(pointer, bytes.baseAddress, bytes.count)
        if count < 0 { throw context.failure() }
        return count
    }

    /// Says goodbye to the peer, as far as there is anything to end.
    package func close() {
        mlserving_tls_session_close(pointer)
    }

    // MARK: Encrypted bytes

    /// Whether there may be something to read although nothing more has arrived.
    package var holdsInput: Bool { mlserving_tls_session_holds_input(pointer) }

    /// Whether there is something to write to the peer.
    package var holdsOutput: Bool {
        var bytes: UnsafeRawPointer?
        return mlserving_tls_session_output(pointer, &bytes) > 0
    }

    /// Has `body` fill room for what the peer has sent; it returns how many bytes it wrote. There is room whenever a read found nothing.
    package func fill<Failure: Error>(_ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int) throws(Failure) {
        var bytes: UnsafeMutableRawPointer?
        let count = mlserving_tls_session_input(pointer, &bytes)
        mlserving_tls_session_commit_input(pointer, try body(UnsafeMutableRawBufferPointer(start: bytes, count: count)))
    }

    /// Has `body` write encrypted bytes to the peer, piece by piece, until nothing is left or it takes less than it is given.
    package func drain<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Int) throws(Failure) {
        var bytes: UnsafeRawPointer?
        while case let count = mlserving_tls_session_output(pointer, &bytes), count > 0 {
            let taken = try body(UnsafeRawBufferPointer(start: bytes, count: count))
            mlserving_tls_session_consume_output(pointer, taken)
            if taken < count { return }
        }
    }
}
