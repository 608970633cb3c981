internal import COpenSSL
internal import Glibc

/// A TLS session that another library has opened on a socket, for reading and writing past that library.
///
/// The library frees the session: it must outlive this, and must neither read nor write any more. The socket must not block. A session
/// belongs to one thread at a time.
package final class BorrowedTLSSession {
    /// What came of a read or a write.
    package enum Progress {
        case count(Int)
        /// Nothing, before more has arrived from the peer: possible for writes, too.
        case needsInput
        /// Nothing, before the socket takes more: possible for reads, too.
        case needsOutput
        /// The peer has said goodbye.
        case endOfStream
        /// The session is over, and why. It must not be used any more.
        case failed(String)
    }

    private let context: OpaquePointer
    private let session: OpaquePointer
    private let configuration: TLSConfiguration
    private let host: String

    /// Borrows the session of the one connection of a context that ``TLSContext/configure(_:as:host:)`` prepared.
    ///
    /// - Returns: `nil` if the context's connection has not begun.
    package init?(of context: OpaquePointer, configuration: TLSConfiguration, host: String) {
        guard let session = mlserving_tls_context_borrow(context) else { return nil }
        self.context = context
        self.session = session
        self.configuration = configuration
        self.host = host
    }

    /// Takes plain bytes out: a record's worth at most, so that there may be more until a read needs input.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Progress {
        progress(mlserving_tls_borrowed_read(session, buffer.baseAddress, buffer.count))
    }

    /// Puts plain bytes in, at least one: a record's worth at most. What was not taken must be given again, with or without more after it.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Progress {
        progress(mlserving_tls_borrowed_write(session, bytes.baseAddress, bytes.count))
    }

    private func progress(_ result: Int) -> Progress {
        switch result {
        case Int(mlserving_tls_needs_input.rawValue): .needsInput
        case Int(mlserving_tls_needs_output.rawValue): .needsOutput
        case Int(mlserving_tls_end_of_stream.rawValue): .endOfStream
        case Int(mlserving_tls_failure.rawValue): .failed(failure(socketError: errno))
        default: .count(result)
        }
    }

    private func failure(socketError: Int32) -> String {
        if let error = TLSContext.failure(of: context, configuration: configuration, host: host) { return error.message }
        return socketError == 0 ? "the peer ended the connection without TLS's goodbye" : String(cString: strerror(socketError))
    }
}
