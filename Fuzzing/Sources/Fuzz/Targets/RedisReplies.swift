@testable internal import Redis

extension FuzzTarget {
    /// Bytes from a Redis server: the replies are the same however the bytes arrive, hold no more than is allowed, and read the same when
    /// they are written again.
    static let redisReplies = FuzzTarget("redis-replies") { bytes in
        var input = FuzzInput(bytes)
        let limit = input.bool() ? 64 : 1 << 20
        let size = 1 + input.number(below: 32)
        let stream = input.remaining()
        let whole = decoding(stream.count, factor: 96) { read(stream, inPortionsOf: stream.count, limit: limit) }
        let inPortions = read(stream, inPortionsOf: size, limit: limit)
        guard let whole else { return }
        expect(whole.replies == inPortions.replies, "replies depend on how bytes arrive")
        // What is refused is refused either way, if for another reason: too long a number may be refused before all of its digits are there.
        let failures = [whole.failure, inPortions.failure]
        expect(failures.allSatisfy { $0 == nil } || !failures.contains(nil) || limit == 64, "\(failures) depend on how bytes arrive")
        for reply in whole.replies {
            expect(reply.byteCount <= limit + 24, "a reply of \(reply.byteCount) bytes exceeds the limit of \(limit)")
            expect(reply.depth <= 8, "a reply is nested too deep")
        }
        let again = read(whole.replies.flatMap(\.wire), inPortionsOf: size, limit: 1 << 20)
        expect(again.replies == whole.replies && again.failure == nil, "replies changed on their way")
    }

    static func read(
        _ bytes: [UInt8], inPortionsOf size: Int, limit: Int
    ) -> (replies: [RedisReply], failure: ReplyFailure?) {
        let reader = ReplyReader(maximumReplyBytes: limit)
        var replies: [RedisReply] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let portion = Array(rest.prefix(max(1, size)))
            rest = rest.dropFirst(portion.count)
            do throws(ReplyFailure) {
                try portion.withUnsafeBytes { bytes in
                    Result { () throws(ReplyFailure) in try reader.read(bytes) { replies.append($0) } }
                }.get()
            } catch {
                return (replies, error)
            }
        }
        return (replies, nil)
    }
}

extension RedisReply {
    /// How many bytes it took at least. What is no UTF-8 has become one scalar for a byte or more.
    fileprivate var byteCount: Int {
        switch self {
        case .simpleString(let text): text.unicodeScalars.count
        case .error(let error): error.message.unicodeScalars.count
        case .bulk(let bytes): bytes.count
        case .integer, .null: 0
        case .array(let elements): elements.reduce(0) { $0 + $1.byteCount }
        }
    }

    fileprivate var depth: Int {
        if case .array(let elements) = self { 1 + (elements.map(\.depth).max() ?? 0) } else { 0 }
    }

    /// The reply as a server writes it.
    fileprivate var wire: [UInt8] {
        switch self {
        case .simpleString(let text): Array("+\(text)\r\n".utf8)
        case .error(let error): Array("-\(error.message)\r\n".utf8)
        case .integer(let number): Array(":\(number)\r\n".utf8)
        case .bulk(let bytes): Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8)
        case .null: Array("$-1\r\n".utf8)
        case .array(let elements): Array("*\(elements.count)\r\n".utf8) + elements.flatMap(\.wire)
        }
    }
}
