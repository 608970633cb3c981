internal import EventLoop

/// One established connection: commands in, replies out. Owned by an actor, used on its loop's thread.
///
/// Commands are collected and written by ``flush()``, which the owner calls once at the end of a turn.
final class Wire {
    private static let chunkBytes = 64 * 1024
    /// How many chunks are read before others on the loop get their turn.
    private static let chunksPerTurn = 16

    let node: RedisNode
    private let loop: EventLoop
    private let stream: any ByteStream
    private let reader: ReplyReader
    private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: Wire.chunkBytes, alignment: 16)
    private var outgoing = OutgoingBytes()
    private var handler: (@Sendable (Readiness) -> Void)?
    private var waitsToWrite = false
    private var isClosed = false
    /// Whether anything has come since the wire is watched.
    private(set) var hasReceived = false
    /// The bytes that have been written and read since they were last taken.
    private var bytesMoved = 0

    init(stream: any ByteStream, node: RedisNode, loop: EventLoop, maximumReplyBytes: Int) {
        self.stream = stream
        self.node = node
        self.loop = loop
        reader = ReplyReader(maximumReplyBytes: maximumReplyBytes)
    }

    deinit {
        chunk.deallocate()
    }

    /// Reports the socket's readiness from now on.
    func watch(_ handler: @escaping @Sendable (Readiness) -> Void) {
        self.handler = handler
        waitsToWrite = hasOutput
        loop.watch(stream.descriptor, for: waitsToWrite ? [.readable, .writable] : .readable, handler: handler)
    }

    func append(_ command: RedisCommand) {
        outgoing.append(command)
    }

    private var hasOutput: Bool { !outgoing.isEmpty || stream.holdsOutput }

    /// Writes what has been collected, as far as the socket takes it; the rest follows when the socket is writable.
    func flush() throws(RedisError) {
        guard !isClosed else { return }
        do {
            try outgoing.write { bytes, hasMore throws in
                let count = try stream.send(bytes, hasMore: hasMore)
                bytesMoved += count
                return count
            }
            try stream.flush()
        } catch {
            throw RedisError(.connectionLost, "the connection broke while writing", node: node, underlying: error)
        }
        if handler != nil, waitsToWrite != hasOutput {
            waitsToWrite = hasOutput
            loop.setReadiness(waitsToWrite ? [.readable, .writable] : .readable, of: stream.descriptor)
        }
    }

    /// Reads what has arrived, and hands over the replies that are complete.
    func readReplies(_ receive: (RedisReply) -> Void) throws(RedisError) {
        let mayHaveMore = try readTurn { reply in
            hasReceived = true
            receive(reply)
        }
        // What the stream holds back does not make the socket readable.
        if mayHaveMore, let handler { loop.atEndOfTurn { handler(.readable) } }
        // Reading may have made something to write, such as the answer to a request for new keys.
        if stream.holdsOutput { try flush() }
    }

    /// - Returns: Whether more may be in the stream than others on the loop should wait for.
    private func readTurn(_ receive: (RedisReply) -> Void) throws(RedisError) -> Bool {
        for _ in 0..<Self.chunksPerTurn where !isClosed {
            switch try readChunk() {
            case .none:
                return false
            case .endOfStream:
                throw RedisError(.connectionLost, "the server closed the connection", node: node)
            case .count(let count):
                bytesMoved += count
                do {
                    try reader.read(UnsafeRawBufferPointer(rebasing: chunk[..<count]), receive)
                } catch {
                    throw RedisError(error, node: node)
                }
                if count < chunk.count, !stream.holdsInput { return false }
            }
        }
        return !isClosed && stream.holdsInput
    }

    private func readChunk() throws(RedisError) -> ReceivedBytes {
        do {
            return try stream.receive(into: chunk)
        } catch {
            throw RedisError(.connectionLost, "the connection broke while reading", node: node, underlying: error)
        }
    }

    /// How many bytes have been written and read since the last call.
    func takeBytesMoved() -> Int {
        defer { bytesMoved = 0 }
        return bytesMoved
    }

    /// Sends commands and waits for their replies, before the wire is watched.
    ///
    /// - Returns: A reply to each command, or fewer, with an error among them, when the server gave it as its reason and hung up.
    nonisolated(nonsending) func exchange(_ commands: [RedisCommand], before deadline: LoopDeadline) async throws -> [RedisReply] {
        for command in commands { append(command) }
        var replies: [RedisReply] = []
        while true {
            let mayHaveMore: Bool
            do {
                mayHaveMore = try flushAndRead { replies.append($0) }
            } catch {
                if replies.count <= commands.count, replies.contains(where: \.isError) { return replies }
                throw error
            }
            if replies.count == commands.count { return replies }
            if replies.count > commands.count {
                throw RedisError(.protocolViolation, "the peer answered more than it was asked", node: node)
            }
            if !mayHaveMore { try await deadline.untilReady(stream.descriptor, for: hasOutput ? [.readable, .writable] : .readable) }
        }
    }

    /// A server that hangs up at once may have said why, though it takes nothing any more.
    private func flushAndRead(_ receive: (RedisReply) -> Void) throws(RedisError) -> Bool {
        do {
            try flush()
        } catch {
            _ = try readTurn(receive)
            throw error
        }
        return try readTurn(receive)
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        if handler != nil { loop.unwatch(stream.descriptor) }
        stream.close()
    }
}
