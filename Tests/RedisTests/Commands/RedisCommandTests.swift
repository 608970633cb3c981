import Testing

@testable import Redis

@Suite("RedisCommand")
struct RedisCommandTests {
    private func wire(_ command: RedisCommand) -> [UInt8] {
        command.tail.reduce(command.head, +)
    }

    @Test func wordsBecomeBulkStrings() {
        let command = RedisCommand("SET", "key", .bytes([0, 13, 10, 255]), .integer(-42))
        #expect(wire(command) == Array("*4\r\n$3\r\nSET\r\n$3\r\nkey\r\n$4\r\n".utf8) + [0, 13, 10, 255] + Array("\r\n$3\r\n-42\r\n".utf8))
        #expect(command.byteCount == wire(command).count)
    }

    @Test func lengthsCountBytesOfUTF8() {
        #expect(wire(RedisCommand("ECHO", "grüße")) == Array("*2\r\n$4\r\nECHO\r\n$7\r\ngrüße\r\n".utf8))
    }

    @Test func emptyWordsAreKept() {
        #expect(wire(RedisCommand("ECHO", "", .bytes([]))) == Array("*3\r\n$4\r\nECHO\r\n$0\r\n\r\n$0\r\n\r\n".utf8))
    }

    @Test func commandsOfManyWordsAreCounted() {
        let command = RedisCommand("DEL", (0..<12).map { .integer($0) })
        #expect(String(decoding: wire(command).prefix(5), as: UTF8.self) == "*13\r\n")
    }

    @Test(
        arguments: [
            (nil, false, ""), (.milliseconds(1500), false, "PX 1500"), (.seconds(60), true, "PX 60000 NX"), (nil, true, "NX"),
        ] as [(Duration?, Bool, String)])
    func settingSpeaksOfExpiryAndAbsence(_ expiry: Duration?, _ onlyIfAbsent: Bool, _ expected: String) {
        let command = RedisCommand.set("k", to: [7], expiry: expiry, onlyIfAbsent: onlyIfAbsent)
        let words = ["SET", "k", "\u{7}"] + expected.split(separator: " ").map(String.init)
        #expect(wire(command) == wire(RedisCommand("SET", words.dropFirst().map { .string($0) })))
    }

    @Test func shortestExpiryIsAMillisecond() {
        #expect(wire(.set("k", to: [], expiry: .nanoseconds(1))) == wire(RedisCommand("SET", "k", "", "PX", "1")))
    }

    @Test func longWordSharesItsStorage() {
        let value = [UInt8](repeating: 7, count: CommandEncoder.longWordBytes)
        let command = RedisCommand.set("k", to: value, expiry: .seconds(1))
        let segment = command.tail.first { $0.count == value.count }
        let isShared = segment?.withUnsafeBytes { inner in value.withUnsafeBytes { inner.baseAddress == $0.baseAddress } }
        #expect(isShared == true)
        #expect(wire(command) == wire(RedisCommand("SET", "k", .bytes(value), "PX", "1000")))
        #expect(command.byteCount == wire(command).count)
    }

    @Test func argumentsDoNotShow() {
        let command = RedisCommand("AUTH", "alice", "s3cret")
        var dumped = ""
        dump(command, to: &dumped)
        for text in ["\(command)", String(reflecting: command), dumped] {
            #expect(!text.contains("s3cret") && !text.contains("alice"))
            #expect(text.contains("AUTH"))
        }
    }
}
