import Testing

@testable import Redis

@Suite("OutgoingBytes")
struct OutgoingBytesTests {
    private struct Broken: Error {}

    /// Takes at most `limit` bytes at a time and `budget` in all.
    private func drain(_ outgoing: inout OutgoingBytes, limit: Int, budget: Int = .max) -> [UInt8] {
        var written: [UInt8] = []
        outgoing.write { bytes, _ in
            let count = min(bytes.count, limit, budget - written.count)
            written.append(contentsOf: bytes.prefix(count))
            return count
        }
        return written
    }

    private func wire(_ commands: [RedisCommand]) -> [UInt8] {
        commands.flatMap { $0.tail.reduce($0.head, +) }
    }

    @Test func shortCommandsShareAWrite() {
        var outgoing = OutgoingBytes()
        let commands = (0..<10).map { RedisCommand("ECHO", .integer($0)) }
        for command in commands { outgoing.append(command) }
        var writes: [[UInt8]] = []
        outgoing.write { bytes, hasMore in
            #expect(!hasMore)
            writes.append(Array(bytes))
            return bytes.count
        }
        #expect(writes == [wire(commands)])
        #expect(outgoing.isEmpty)
    }

    @Test(arguments: [1, 7, 40_000, .max])
    func bytesKeepTheirOrderHoweverFewAreTaken(_ limit: Int) {
        let long = [UInt8](repeating: 9, count: CommandEncoder.veryLongWordBytes + 3)
        let commands = [RedisCommand.set("a", to: [1]), .set("b", to: long, onlyIfAbsent: true), .get("b"), .set("c", to: long), .get("c")]
        var outgoing = OutgoingBytes()
        for command in commands { outgoing.append(command) }
        #expect(drain(&outgoing, limit: limit) == wire(commands))
        #expect(outgoing.isEmpty)
    }

    @Test func interruptedWriteGoesOnWhereItStopped() {
        let long = [UInt8](repeating: 9, count: CommandEncoder.veryLongWordBytes)
        var outgoing = OutgoingBytes()
        var commands = [RedisCommand.set("a", to: long)]
        outgoing.append(commands[0])
        var written: [UInt8] = []
        while !outgoing.isEmpty {
            written += drain(&outgoing, limit: 1000, budget: 5000)
            if commands.count < 4 {
                commands.append(.get("key \(commands.count)"))
                outgoing.append(commands[commands.count - 1])
            }
        }
        #expect(written == wire(commands))
    }

    @Test func onlyTheLastSegmentHasNothingAfterIt() {
        var outgoing = OutgoingBytes()
        outgoing.append(.set("a", to: [UInt8](repeating: 9, count: CommandEncoder.veryLongWordBytes)))
        var more: [Bool] = []
        outgoing.write { bytes, hasMore in
            more.append(hasMore)
            return bytes.count
        }
        #expect(more == [true, true, false])
    }

    @Test func failureIsPassedOn() {
        var outgoing = OutgoingBytes()
        outgoing.append(.ping)
        #expect(throws: Broken.self) { try outgoing.write { _, _ in throw Broken() } }
    }
}
