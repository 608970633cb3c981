/// A connected, non-blocking stream of bytes: a socket, or what encrypts between a connection and its socket.
protocol ByteStream: AnyObject {
    /// What an event loop watches.
    var descriptor: Int32 { get }

    /// Whether there may be something to receive although the socket is not readable.
    var holdsInput: Bool { get }

    /// Whether bytes that were taken have yet to be written: call ``flush()`` when the socket is writable.
    var holdsOutput: Bool { get }

    /// Reads what is there.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws -> ReceivedBytes

    /// Takes bytes to write; they are on their way after the next ``flush()`` that leaves nothing.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - hasMore: Whether more is written right after, so that it may share a packet.
    /// - Returns: The number of bytes taken; 0 when none can be taken now.
    func send(_ bytes: UnsafeRawBufferPointer, hasMore: Bool) throws -> Int

    /// Writes what was taken, as far as the socket takes it.
    func flush() throws

    /// Ends the connection; harmless when repeated.
    func close()
}

/// What a stream had to read.
enum ReceivedBytes: Equatable {
    case count(Int)
    case none
    case endOfStream
}
