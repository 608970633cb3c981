internal import CHiredis

/// Turns the bytes of a connection into replies, with hiredis's parser.
///
/// Owns the parser, and frees it. Used by one thread at a time.
final class ReplyReader {
    /// Replies are cut off the front of the parser's buffer, which moves the rest: small portions keep that cheap.
    private static let portion = 16 * 1024
    /// Everything but a bulk string is one line.
    private static let maximumLineBytes = 64 * 1024
    /// The empty buffer that the parser may keep.
    private static let keptBytes = 1024 * 1024

    private let parser: OpaquePointer
    private let builder: ReplyBuilder
    private let maximumBytes: Int
    private var awaitedBytes: Int64 = 0

    init(maximumReplyBytes: Int) {
        maximumBytes = maximumReplyBytes
        builder = ReplyBuilder(maximumBytes: maximumReplyBytes)
        // The parser is freed in `deinit`, before the builder that its context points to.
        let parser = mlserving_reply_reader_create(.init(for: builder), Self.keptBytes)
        // Without memory for a few hundred bytes the process cannot go on.
        precondition(parser != nil, "no memory for a parser of replies")
        self.parser = parser!
    }

    deinit {
        mlserving_reply_reader_free(parser)
    }

    /// Reads the next bytes of the connection, and hands over every reply that they complete.
    func read(_ bytes: UnsafeRawBufferPointer, _ receive: (RedisReply) -> Void) throws(ReplyFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let portion = rest.prefix(max(Self.portion, Int(clamping: awaitedBytes)))
            rest = rest.dropFirst(portion.count)
            try readPortion(UnsafeRawBufferPointer(rebasing: portion), receive)
        }
    }

    private func readPortion(_ bytes: UnsafeRawBufferPointer, _ receive: (RedisReply) -> Void) throws(ReplyFailure) {
        guard mlserving_reply_reader_feed(parser, bytes.baseAddress, bytes.count) else { throw failure }
        while true {
            switch mlserving_reply_reader_next(parser) {
            case mlserving_reply_complete:
                if let reply = builder.take() { receive(reply) }
            case mlserving_reply_incomplete:
                return try checkWait()
            default:
                throw failure
            }
        }
    }

    /// Refuses what would grow past the limit while it is still only announced.
    private func checkWait() throws(ReplyFailure) {
        let wait = mlserving_reply_reader_wait(parser)
        if wait.is_bulk {
            guard wait.announced <= Int64(maximumBytes - min(builder.heldBytes, maximumBytes)) else {
                throw .tooLarge(limit: maximumBytes)
            }
            awaitedBytes = wait.announced - Int64(wait.buffered)
        } else {
            guard wait.buffered <= Self.maximumLineBytes else {
                throw .violation("a line is longer than \(Self.maximumLineBytes) bytes")
            }
            awaitedBytes = 0
        }
    }

    private var failure: ReplyFailure {
        builder.failure ?? .violation(String(cString: mlserving_reply_reader_error(parser)))
    }
}

extension mlserving_reply_sink {
    /// Hands parts to a builder, which must outlive the parser.
    fileprivate init(for builder: ReplyBuilder) {
        self.init(
            context: Unmanaged.passUnretained(builder).toOpaque(),
            text: { context, kind, bytes, count in
                ReplyBuilder.from(context).appendText(kind, UnsafeBufferPointer(start: bytes, count: count))
            },
            integer: { context, value in ReplyBuilder.from(context).append(.integer(value), byteCount: 0) },
            null: { context in ReplyBuilder.from(context).append(.null, byteCount: 0) },
            array: { context, count in ReplyBuilder.from(context).beginArray(count: count) }
        )
    }
}

extension ReplyBuilder {
    fileprivate static func from(_ context: UnsafeMutableRawPointer?) -> ReplyBuilder {
        // The reader that owns the parser, which calls here, owns the builder too.
        Unmanaged<ReplyBuilder>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
    }

    fileprivate func appendText(_ kind: mlserving_reply_text, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        switch kind {
        case mlserving_reply_text_bulk:
            append(.bulk(Array(bytes)), byteCount: bytes.count)
        case mlserving_reply_text_simple:
            append(.simpleString(String(decoding: bytes, as: UTF8.self)), byteCount: bytes.count)
        default:
            append(.error(RedisServerError(message: String(decoding: bytes, as: UTF8.self))), byteCount: bytes.count)
        }
    }
}
