internal import EventLoop
internal import Glibc
internal import TLS

/// The bytes of a connection: over its socket as they are, or through the TLS session on it. Never blocks.
struct ByteStream {
    /// What came of a read or a write.
    enum Progress {
        /// Bytes were moved; `mayHaveMore`: the next read may find some although the socket does not report any.
        case count(Int, mayHaveMore: Bool)
        /// Nothing was moved, before the socket has become what is told. TLS may have to write for a read, and the other way round.
        case blocked(Readiness)
        /// The stream is over, and why.
        case ended(String)
    }

    let descriptor: Int32
    /// Reads and writes instead of the socket, if there is one.
    var session: BorrowedTLSSession?

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Progress {
        if let session { return progress(of: session.read(into: buffer)) }
        let count = repeating { recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)) }
        if count == 0 { return .ended("the broker closed the socket") }
        return count < 0 ? failure(errno, blocked: .readable) : .count(count, mayHaveMore: count == buffer.count)
    }

    /// Writes at least one byte, or is blocked: then the same bytes must come next, with or without more after them.
    func write(_ bytes: UnsafeRawBufferPointer) -> Progress {
        if let session { return progress(of: session.write(bytes)) }
        let count = repeating { send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) }
        return count < 0 ? failure(errno, blocked: .writable) : .count(count, mayHaveMore: false)
    }

    private func repeating(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }

    private func failure(_ error: Int32, blocked readiness: Readiness) -> Progress {
        if error == EAGAIN || error == EWOULDBLOCK { return .blocked(readiness) }
        return .ended(String(cString: strerror(error)))
    }

    private func progress(of result: BorrowedTLSSession.Progress) -> Progress {
        switch result {
        // The session holds what it has decrypted, and only it knows when there is no more.
        case .count(let count): .count(count, mayHaveMore: true)
        case .needsInput: .blocked(.readable)
        case .needsOutput: .blocked(.writable)
        case .endOfStream: .ended("the broker closed the TLS session")
        case .failed(let reason): .ended(reason)
        }
    }
}
