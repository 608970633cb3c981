internal import Glibc

/// Bytes from a connection, of which whole frames are taken.
///
/// The library would end the connection for a header that it cannot decode or that exceeds a frame. Frames that are told apart here can be
/// looked into before the library sees them.
final class FrameBuffer {
    /// A frame as it came.
    struct Frame {
        let type: UInt8
        let channel: UInt16
        /// The whole frame, valid until the next read.
        let bytes: UnsafeMutableRawBufferPointer

        var payload: UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: bytes[FrameBuffer.headerSize..<(bytes.count - 1)])
        }
    }

    static let headerSize = 7
    private static let end: UInt8 = 0xCE
    private static let restingCapacity = 128 << 10

    private let limit: Int
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private var first = 0
    private var last = 0

    /// - Parameter limit: The most bytes of a frame.
    init(limit: Int) {
        self.limit = limit
        capacity = Self.restingCapacity
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    var isEmpty: Bool { first == last }

    /// What has arrived and has not been taken.
    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: memory + first, count: last - first) }

    /// Drops what has been dealt with.
    func drop(_ count: Int) {
        first += count
        if isEmpty { (first, last) = (0, 0) }
    }

    /// Reads what the stream has, as far as there is room.
    func read(from stream: ByteStream) -> ByteStream.Progress {
        makeRoom()
        let progress = stream.read(into: UnsafeMutableRawBufferPointer(start: memory + last, count: capacity - last))
        if case .count(let count, _) = progress { last += count }
        return progress
    }

    /// Moves what is left to the front, and grows when a frame does not fit: by what has arrived, never by what a frame promises.
    private func makeRoom() {
        let count = last - first
        if count < capacity {
            if first > 0 { memmove(memory, memory + first, count) }
        } else {
            let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2, alignment: 16)
            memcpy(grown, memory, count)
            memory.deallocate()
            (memory, capacity) = (grown, capacity * 2)
        }
        (first, last) = (0, count)
    }

    /// The size of the frame that has begun, if its header is there.
    private var frameSize: Int? {
        let bytes = self.bytes
        guard bytes.count >= Self.headerSize else { return nil }
        return Self.headerSize + Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 3, as: UInt32.self))) + 1
    }

    /// Takes the next frame, if all of it has arrived.
    func next() throws(RabbitMQError) -> Frame? {
        guard let size = frameSize else { return nil }
        guard size <= limit else { throw RabbitMQError(.protocolViolation, "the broker sent a frame of \(size) bytes") }
        let bytes = self.bytes
        guard bytes.count >= size else { return nil }
        guard bytes[size - 1] == Self.end else { throw RabbitMQError(.protocolViolation, "the broker sent a frame without its end") }
        first += size
        return Frame(
            type: bytes[0], channel: UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt16.self)),
            bytes: UnsafeMutableRawBufferPointer(rebasing: bytes[..<size]))
    }
}
