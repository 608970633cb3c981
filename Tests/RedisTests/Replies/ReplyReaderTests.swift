import Testing

@testable import Redis

@Suite("ReplyReader")
struct ReplyReaderTests {
    private func read(_ bytes: [UInt8], inPortionsOf size: Int = .max, limit: Int = 1 << 20) throws(ReplyFailure) -> [RedisReply] {
        let reader = ReplyReader(maximumReplyBytes: limit)
        var replies: [RedisReply] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let portion = Array(rest.prefix(size))
            rest = rest.dropFirst(portion.count)
            let result = portion.withUnsafeBytes { bytes in
                Result { () throws(ReplyFailure) in try reader.read(bytes) { replies.append($0) } }
            }
            try result.get()
        }
        return replies
    }

    private func read(_ text: String, inPortionsOf size: Int = .max, limit: Int = 1 << 20) throws(ReplyFailure) -> [RedisReply] {
        try read(Array(text.utf8), inPortionsOf: size, limit: limit)
    }

    static let sample =
        "+OK\r\n-ERR no\r\n:-12\r\n$-1\r\n*-1\r\n$0\r\n\r\n$5\r\na\r\nb\0\r\n*0\r\n*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n-E\r\n+\r\n"

    static let sampleReplies: [RedisReply] = [
        .simpleString("OK"), .error(RedisServerError(message: "ERR no")), .integer(-12), .null, .null, .bulk([]),
        .bulk(Array("a\r\nb\0".utf8)), .array([]),
        .array([.integer(1), .array([.bulk(Array("x".utf8)), .null]), .error(RedisServerError(message: "E"))]), .simpleString(""),
    ]

    @Test(arguments: [1, 2, 3, 5, 8, 13, 1000])
    func repliesDoNotDependOnHowBytesArrive(_ size: Int) throws {
        #expect(try read(Self.sample, inPortionsOf: size) == Self.sampleReplies)
    }

    @Test func thousandsOfRepliesInOneReadAreAllFound() throws {
        let text = String(repeating: "$3\r\nabc\r\n", count: 5000)
        #expect(try read(text) == [RedisReply](repeating: .bulk(Array("abc".utf8)), count: 5000))
    }

    @Test(arguments: [1000, 16 * 1024, 64 * 1024, .max])
    func longBulkStringIsWhole(_ size: Int) throws {
        let value = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let bytes = Array("$500000\r\n".utf8) + value + Array("\r\n+OK\r\n".utf8)
        #expect(try read(bytes, inPortionsOf: size) == [.bulk(value), .simpleString("OK")])
    }

    // MARK: Limits

    @Test func bulkStringOfExactlyTheLimitIsAccepted() throws {
        let value = [UInt8](repeating: 65, count: 1000)
        #expect(try read(Array("$1000\r\n".utf8) + value + [13, 10], limit: 1000) == [.bulk(value)])
    }

    @Test(arguments: ["$1001\r\n", "*2\r\n$1\r\na\r\n$1000\r\n", "$9223372036854775807\r\n"])
    func announcedBulkStringBeyondTheLimitIsRefusedBeforeItArrives(_ text: String) {
        #expect(throws: ReplyFailure.tooLarge(limit: 1000)) { _ = try read(text, limit: 1000) }
    }

    @Test func bulkStringBeyondTheLimitIsRefusedWhenItArrivesAtOnce() {
        let bytes = Array("$1030\r\n".utf8) + [UInt8](repeating: 65, count: 1030) + [13, 10]
        #expect(throws: ReplyFailure.tooLarge(limit: 1000)) { _ = try read(bytes, limit: 1000) }
    }

    @Test func limitIsOfEachReply() throws {
        let value = "$900\r\n" + String(repeating: "x", count: 900) + "\r\n"
        #expect(try read(String(repeating: value, count: 10), limit: 1000).count == 10)
    }

    @Test(arguments: ["*2147483647\r\n", "*1000000\r\n", "*334\r\n"])
    func announcedArrayThatCannotFitIsRefusedAtOnce(_ text: String) {
        #expect(throws: ReplyFailure.tooLarge(limit: 1000)) { _ = try read(text, limit: 1000) }
    }

    @Test func arrayOfTinyElementsCountsWhatItTakesInMemory() {
        let text = "*300\r\n" + String(repeating: ":1\r\n", count: 300)
        #expect(throws: ReplyFailure.tooLarge(limit: 1000)) { _ = try read(text, limit: 1000) }
    }

    @Test func nestingIsBounded() throws {
        let four = String(repeating: "*1\r\n", count: 4) + ":1\r\n"
        #expect(try read(four) == [.array([.array([.array([.array([.integer(1)])])])])])
        #expect(throws: ReplyFailure.self) { _ = try read(String(repeating: "*1\r\n", count: 100_000)) }
    }

    @Test func endlessLineIsRefused() {
        #expect(throws: ReplyFailure.violation("a line is longer than 65536 bytes")) {
            _ = try read("+" + String(repeating: "x", count: 100_000))
        }
    }

    // MARK: What is not RESP2

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "\r\n", "$abc\r\n", "$99999999999999999999999\r\n", ":1x\r\n", ":99999999999999999999\r\n",
        "$-2\r\n", "*-2\r\n", "*x\r\n",
        "%1\r\n:1\r\n:2\r\n", "_\r\n", ">2\r\n", "\0\0\0\0",
    ])
    func anythingElseIsAViolation(_ text: String) {
        do {
            let replies = try read(text)
            Issue.record("read \(replies)")
        } catch {
            guard case .violation(let reason) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(!reason.isEmpty)
        }
    }

    @Test func readerStaysFailed() {
        let reader = ReplyReader(maximumReplyBytes: 1000)
        for text in ["x", "+OK\r\n"] {
            Array(text.utf8).withUnsafeBytes { bytes in
                _ = #expect(throws: ReplyFailure.self) { try reader.read(bytes) { Issue.record("\($0)") } }
            }
        }
    }

    @Test func randomBytesNeverCrash() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("$*+-:\r\n0123456789ab".utf8)
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 1...60, using: &generator)).map { _ in alphabet.randomElement(using: &generator)! }
            let whole = Result { () throws(ReplyFailure) in try read(bytes, limit: 500) }
            let pieces = Result { () throws(ReplyFailure) in try read(bytes, inPortionsOf: 3, limit: 500) }
            if case .success(let replies) = whole { #expect((try? pieces.get()) == replies) }
        }
    }
}
