internal import CRabbitMQ
internal import EventLoop
internal import Glibc
internal import TLS

/// The socket of one logged-in connection: bytes in, frames out, and the other way round.
///
/// It owns the library's connection and frees it. It belongs to one thread at a time: the thread that logs in hands it to the loop, and
/// never touches it again. The library sends nothing by itself: its heartbeats are switched off once the login has negotiated them.
///
/// The library connects, shakes hands and logs in. From then on its socket, or the TLS session on it, is read and written here, and the
/// library only decodes and encodes: so nothing blocks, and a header that the library could not decode is read past.
final class Transport {
    /// How many bytes a frame may have over what was agreed: a broker adds headers of its own to those that filled a frame.
    private static let frameAllowance = 16 << 10
    /// The most bytes of a frame that is read past.
    private static let inputLimit = 16 << 20
    /// How many frames one call handles before others get their turn.
    private static let framesPerTurn = 4_096
    /// How many bytes one call reads before others get their turn.
    private static let bytesPerTurn: UInt64 = 4 << 20
    /// How many bytes may wait for the socket before messages are held back.
    private static let outputLimit = 1 << 20

    private let connection: amqp_connection_state_t
    /// Of the library's socket, so it must not be used once the connection is freed.
    private let stream: ByteStream
    private let output: OutputBuffer
    private let input = FrameBuffer(limit: inputLimit)
    private var mayHoldDecodedFrames = true
    /// Whether the library may hold the beginning of a frame, which only it can complete.
    private var mayHoldPartOfFrame = true

    /// What the socket has to become for more to be received.
    private(set) var receiveNeeds = Readiness.readable
    /// What the socket has to become for ``flush()`` to go on; empty while nothing waits.
    private(set) var flushNeeds: Readiness = []

    let node: RabbitMQNode
    let frameMaximum: Int
    let channelMaximum: Int
    /// What both sides agreed on; zero switches heartbeats off.
    let heartbeat: Duration
    /// Whether the broker may stop delivering to a consumer without telling it: RabbitMQ before 4.0.
    let mayForgetConsumers: Bool
    let arena = Arena()
    /// Grows with everything that is received.
    private(set) var receivedCount: UInt64 = 0
    /// Grows with everything that is sent but heartbeats.
    private(set) var sentCount: UInt64 = 0

    /// Takes over a connection that has logged in.
    ///
    /// - Parameters:
    ///   - connection: The library's connection.
    ///   - session: The TLS session that the connection has opened, if it has.
    ///   - node: Where it leads.
    init(connection: amqp_connection_state_t, session: BorrowedTLSSession?, node: RabbitMQNode) {
        self.connection = connection
        self.node = node
        stream = ByteStream(descriptor: amqp_get_sockfd(connection), session: session)
        frameMaximum = Int(amqp_get_frame_max(connection))
        channelMaximum = Int(amqp_get_channel_max(connection))
        heartbeat = .seconds(amqp_get_heartbeat(connection))
        mayForgetConsumers = Self.majorVersion(connection).map { $0 < 4 } ?? true
        output = OutputBuffer(frameMaximum: frameMaximum)
        // The library sends by it, too, but what is sent is measured before.
        amqp_tune_connection(connection, Int32(channelMaximum), Int32(frameMaximum + Self.frameAllowance), 0)
        tuneSocket()
    }

    deinit {
        // The library says TLS's goodbye when it frees the session, and must not wait for room to do so.
        shutdown(descriptor, Int32(SHUT_RDWR))
        amqp_destroy_connection(connection)
    }

    var descriptor: Int32 { stream.descriptor }

    private static func majorVersion(_ connection: amqp_connection_state_t) -> Int? {
        guard let properties = amqp_get_server_properties(connection),
            case .string(let version)? = FieldTable(properties.pointee)["version"]
        else { return nil }
        return version.split(separator: ".").first.flatMap { Int($0) }
    }

    private func tuneSocket() {
        // A TLS session blocks if its socket does. The library's sockets do not, but nothing promises it.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        // A peer that is gone without a word must not hold the loop for the quarter of an hour that TCP would try.
        let patience = heartbeat > .zero ? heartbeat * 2 : .seconds(120)
        _ = mlserving_set_user_timeout(descriptor, UInt32(clamping: patience.components.seconds * 1_000))
    }

    // MARK: In

    /// Handles the frames that have arrived.
    ///
    /// - Returns: Whether more may be waiting: call again in the next turn, the socket may not report it. Otherwise call again when the
    ///   socket is what ``receiveNeeds`` tells.
    func receive(_ handle: (InboundFrame, UInt16) throws(RabbitMQError) -> Void) throws(RabbitMQError) -> Bool {
        if mayHoldDecodedFrames {
            guard try receiveFromLibrary(handle) else { return true }
            mayHoldDecodedFrames = false
        }
        return try receiveFromStream(handle)
    }

    private func process(
        _ frame: amqp_frame_t, _ handle: (InboundFrame, UInt16) throws(RabbitMQError) -> Void
    ) throws(RabbitMQError) {
        try handle(try InboundFrame(frame), frame.channel)
        // Everything has been copied, so memory stays at one frame per channel.
        amqp_maybe_release_buffers_on_channel(connection, frame.channel)
    }

    /// - Returns: Whether the library has no more.
    private func receiveFromLibrary(_ handle: (InboundFrame, UInt16) throws(RabbitMQError) -> Void) throws(RabbitMQError) -> Bool {
        var frame = amqp_frame_t()
        var noWait = timeval()
        for _ in 0..<Self.framesPerTurn {
            let status = amqp_simple_wait_frame_noblock(connection, &frame, &noWait)
            if status == AMQP_STATUS_TIMEOUT.rawValue { return true }
            try check(status)
            receivedCount += 1
            try process(frame, handle)
        }
        return false
    }

    private func receiveFromStream(_ handle: (InboundFrame, UInt16) throws(RabbitMQError) -> Void) throws(RabbitMQError) -> Bool {
        var budget = Self.framesPerTurn
        let limit = receivedCount + Self.bytesPerTurn
        while true {
            try decodeInput(&budget, handle)
            if budget == 0 || receivedCount >= limit { return true }
            switch input.read(from: stream) {
            case .count(let count, let mayHaveMore):
                receiveNeeds = .readable
                receivedCount += UInt64(count)
                if !mayHaveMore {
                    try decodeInput(&budget, handle)
                    return budget == 0
                }
            case .blocked(let needs):
                receiveNeeds = needs
                return false
            case .ended(let reason): throw lost(reason)
            }
        }
    }

    private func decodeInput(
        _ budget: inout Int, _ handle: (InboundFrame, UInt16) throws(RabbitMQError) -> Void
    ) throws(RabbitMQError) {
        while mayHoldPartOfFrame, !input.isEmpty, budget > 0 {
            let (frame, consumed) = try decode(input.bytes)
            input.drop(consumed)
            guard frame.frame_type != 0 else { continue }
            mayHoldPartOfFrame = false
            budget -= 1
            try process(frame, handle)
        }
        while !mayHoldPartOfFrame, budget > 0, let frame = try input.next() {
            budget -= 1
            try process(frame, handle)
        }
    }

    private func process(
        _ frame: FrameBuffer.Frame, _ handle: (InboundFrame, UInt16) throws(RabbitMQError) -> Void
    ) throws(RabbitMQError) {
        switch Int32(frame.type) {
        case AMQP_FRAME_BODY:
            return try handle(.body(frame.payload), frame.channel)
        case AMQP_FRAME_HEADER:
            let limit = frameMaximum + Self.frameAllowance - FrameBuffer.headerSize - 1
            let scan = try HeaderScan(frame.payload, limit: limit)
            if let defect = scan.defect {
                return try handle(.header(scan.properties, bodySize: scan.bodySize, DeliveryDefect(defect)), frame.channel)
            }
        default: break
        }
        let (decoded, consumed) = try decode(frame.bytes)
        guard consumed == frame.bytes.count, decoded.frame_type != 0 else { throw lost("a frame could not be decoded") }
        try process(decoded, handle)
    }

    /// Has the library decode bytes, up to the end of a frame at most.
    private func decode(_ bytes: UnsafeMutableRawBufferPointer) throws(RabbitMQError) -> (frame: amqp_frame_t, consumed: Int) {
        var frame = amqp_frame_t()
        let consumed = amqp_handle_input(connection, amqp_bytes_t(len: bytes.count, bytes: bytes.baseAddress), &frame)
        try check(consumed)
        return (frame, Int(consumed))
    }

    // MARK: Out

    /// How many bytes the properties of a message may take, so that its header fits into a frame after the broker has added headers of its
    /// own, such as `x-death`.
    var propertiesMaximum: Int { frameMaximum - 64 - min(4_096, frameMaximum / 8) }

    /// Whether messages may be written now. Methods are small, and always may.
    var hasRoom: Bool { output.count < Self.outputLimit }

    /// Appends a method to what the next ``flush()`` writes.
    func write<Arguments>(_ method: amqp_method_number_t, _ arguments: Arguments, channel: UInt16) throws(RabbitMQError) {
        var arguments = arguments
        let status = withUnsafeMutableBytes(of: &arguments) { bytes -> Result<Void, RabbitMQError> in
            var frame = amqp_frame_t()
            frame.frame_type = UInt8(AMQP_FRAME_METHOD)
            frame.channel = channel
            frame.payload.method = amqp_method_t(id: method, decoded: bytes.baseAddress)
            return Result { () throws(RabbitMQError) in try append(frame) }
        }
        try status.get()
    }

    /// Appends a message's header and body.
    func write(_ properties: inout amqp_basic_properties_t, body: [UInt8], channel: UInt16) throws(RabbitMQError) {
        let status = withUnsafeMutablePointer(to: &properties) { pointer in
            Result { () throws(RabbitMQError) in
                var frame = amqp_frame_t()
                frame.frame_type = UInt8(AMQP_FRAME_HEADER)
                frame.channel = channel
                frame.payload.properties.class_id = UInt16(AMQP_BASIC_CLASS)
                frame.payload.properties.body_size = UInt64(body.count)
                frame.payload.properties.decoded = UnsafeMutableRawPointer(pointer)
                try append(frame)
            }
        }
        try status.get()
        try body.withUnsafeBytes { bytes in
            Result { () throws(RabbitMQError) in try write(body: bytes, channel: channel) }
        }.get()
    }

    private func write(body: UnsafeRawBufferPointer, channel: UInt16) throws(RabbitMQError) {
        let pieceMaximum = frameMaximum - 8
        var frame = amqp_frame_t()
        frame.frame_type = UInt8(AMQP_FRAME_BODY)
        frame.channel = channel
        var rest = body[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(pieceMaximum))
            rest = rest.dropFirst(piece.count)
            frame.payload.body_fragment = amqp_bytes_t(len: piece.count, bytes: UnsafeMutableRawPointer(mutating: piece.baseAddress))
            try append(frame)
        }
    }

    func writeHeartbeat() throws(RabbitMQError) {
        var frame = amqp_frame_t()
        frame.frame_type = UInt8(AMQP_FRAME_HEARTBEAT)
        try append(frame)
    }

    private func append(_ frame: amqp_frame_t) throws(RabbitMQError) {
        if frame.frame_type != UInt8(AMQP_FRAME_HEARTBEAT) { sentCount += 1 }
        // The fixed fields of every method and header fit into what is added.
        try output.append(frame, sizeHint: arena.encodedSize + 128)
    }

    /// Writes what has been appended.
    ///
    /// - Returns: Whether all of it is written; if not, call again when the socket is what ``flushNeeds`` tells.
    func flush() throws(RabbitMQError) -> Bool {
        flushNeeds = []
        guard output.count > 0 else { return true }
        switch output.write(to: stream) {
        case .blocked(let needs): flushNeeds = needs
        case .ended(let reason): throw lost(reason)
        case .count, nil: break
        }
        return flushNeeds.isEmpty
    }

    // MARK: Errors

    private func check(_ status: Int32) throws(RabbitMQError) {
        guard status < 0 else { return }
        throw lost(String(cString: amqp_error_string2(status)))
    }

    private func lost(_ reason: String) -> RabbitMQError {
        RabbitMQError(.connectionLost, "the connection broke: \(reason)", node: node.description)
    }
}
