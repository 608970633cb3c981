/// A connected, non-blocking stream of bytes: the place where encryption goes between a connection and its socket.
protocol ByteStream: AnyObject {
    /// What an event loop watches.
    var descriptor: Int32 { get }

    /// Reads what is there.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> ReceivedBytes

    /// Writes what can be written.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - hasMore: Whether more is written right after, so that it may share a packet.
    /// - Returns: The number of bytes taken; 0 when none can be taken now.
    func send(_ bytes: UnsafeRawBufferPointer, hasMore: Bool) throws(SystemError) -> Int

    /// Ends the connection; harmless when repeated.
    func close()
}

/// What a stream had to read.
enum ReceivedBytes: Equatable {
    case count(Int)
    case none
    case endOfStream
}
