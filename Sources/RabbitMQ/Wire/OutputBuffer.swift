internal import CRabbitMQ
internal import Glibc

/// Encoded frames that wait for the connection to take them.
///
/// The library's own way out is one system call per frame, which blocks on a full socket. Encoding with its public functions into a buffer
/// of our own lets a whole turn leave in one call that never blocks.
final class OutputBuffer {
    /// What the buffer shrinks back to once a burst has left.
    private static let restingCapacity = 64 << 10
    private static let frameHeaderSize = 7
    private static let frameEnd: UInt8 = 0xCE

    private let frameMaximum: Int
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0

    init(frameMaximum: Int) {
        self.frameMaximum = frameMaximum
        capacity = Self.restingCapacity
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    var count: Int { end - start }

    private func makeRoom(_ bytes: Int) {
        if capacity - end >= bytes { return }
        let count = self.count
        var grown = capacity
        while grown - count < bytes { grown *= 2 }
        let target = grown == capacity ? memory : UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
        memmove(target, memory + start, count)
        if grown != capacity { memory.deallocate() }
        (memory, capacity, start, end) = (target, grown, 0, count)
    }

    private func store<Integer: FixedWidthInteger>(_ value: Integer, at offset: Int) {
        memory.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Integer.self)
    }

    /// Appends a frame whose payload has at most `limit` bytes and is written by `encode`, which returns the payload's size or a negative
    /// status of the library.
    private func append(
        type: Int32, channel: UInt16, limit: Int, _ encode: (UnsafeMutableRawPointer, Int) -> Int32
    ) throws(RabbitMQError) {
        makeRoom(limit + Self.frameHeaderSize + 1)
        let size = encode(memory + end + Self.frameHeaderSize, limit)
        guard size >= 0 else {
            throw RabbitMQError(.invalidArgument, "AMQP cannot carry this: \(String(cString: amqp_error_string2(size)))")
        }
        store(UInt8(type), at: end)
        store(channel, at: end + 1)
        store(UInt32(size), at: end + 3)
        store(Self.frameEnd, at: end + Self.frameHeaderSize + Int(size))
        end += Self.frameHeaderSize + Int(size) + 1
    }

    func append(_ frame: amqp_frame_t, sizeHint: Int) throws(RabbitMQError) {
        let limit = min(frameMaximum - Self.frameHeaderSize - 1, sizeHint)
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD:
            let method = frame.payload.method
            try append(type: AMQP_FRAME_METHOD, channel: frame.channel, limit: limit) { target, limit in
                target.storeBytes(of: method.id.bigEndian, as: UInt32.self)
                let size = amqp_encode_method(method.id, method.decoded, amqp_bytes_t(len: limit - 4, bytes: target + 4))
                return size < 0 ? size : size + 4
            }
        case AMQP_FRAME_HEADER:
            let header = frame.payload.properties
            try append(type: AMQP_FRAME_HEADER, channel: frame.channel, limit: limit) { target, limit in
                target.storeBytes(of: header.class_id.bigEndian, as: UInt16.self)
                target.storeBytes(of: 0, toByteOffset: 2, as: UInt16.self)
                target.storeBytes(of: header.body_size.bigEndian, toByteOffset: 4, as: UInt64.self)
                let size = amqp_encode_properties(header.class_id, header.decoded, amqp_bytes_t(len: limit - 12, bytes: target + 12))
                return size < 0 ? size : size + 12
            }
        case AMQP_FRAME_BODY:
            let body = frame.payload.body_fragment
            try append(type: AMQP_FRAME_BODY, channel: frame.channel, limit: body.len) { target, _ in
                memcpy(target, body.bytes, body.len)
                return Int32(body.len)
            }
        default:
            try append(type: Int32(frame.frame_type), channel: frame.channel, limit: 0) { _, _ in 0 }
        }
    }

    /// Writes what the stream takes.
    ///
    /// - Returns: What kept the rest from being written; `nil`: everything was.
    func write(to stream: ByteStream) -> ByteStream.Progress? {
        while start < end {
            let progress = stream.write(UnsafeRawBufferPointer(start: memory + start, count: count))
            guard case .count(let written, _) = progress else { return progress }
            start += written
        }
        start = 0
        end = 0
        if capacity > 16 * Self.restingCapacity {
            memory.deallocate()
            capacity = Self.restingCapacity
            memory = .allocate(byteCount: capacity, alignment: 16)
        }
        return nil
    }
}
