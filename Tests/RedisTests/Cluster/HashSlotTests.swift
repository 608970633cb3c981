import Testing

@testable import Redis

@Suite("HashSlot")
struct HashSlotTests {
    /// What `CLUSTER KEYSLOT` of a Redis 7.0 answers.
    @Test(
        arguments: [
            ("", 0), ("123456789", 12739), ("foo", 12182), ("{foo}", 12182), ("{}foo", 9500), ("{{foo}", 13308), ("foo{", 7673),
            ("foo}bar{x}", 16287), ("mlserving:{a1b2}:7", 9898), ("ключ", 10303), ("{a}{b}", 15495), ("x{a}{b}", 15495),
        ] as [(String, UInt16)]
    )
    func isThatOfTheServer(_ key: String, _ slot: UInt16) {
        #expect(HashSlot(key: key).number == slot)
    }

    @Test func isThatOfItsTag() {
        #expect(HashSlot(key: "mlserving:{a1b2}:7") == HashSlot(key: "a1b2"))
        #expect(HashSlot(key: "{a1b2}") == HashSlot(key: "x{a1b2}y{z}"))
        #expect(HashSlot(key: "{}a") != HashSlot(key: "{}b"))
    }

    @Test func isSharedByKeysWithATagInTheirPrefix() {
        #expect(HashSlot(sharedByKeysWithPrefix: "mlserving:{a1b2}:") == HashSlot(key: "mlserving:{a1b2}:7"))
        #expect(HashSlot(sharedByKeysWithPrefix: "{a}") == HashSlot(key: "a"))
    }

    @Test(arguments: ["", "mlserving:", "mlserving:{a1b2", "x{}", "x{}{a}", "}{", "a}b"])
    func isNotSharedWithoutATag(_ prefix: String) {
        #expect(HashSlot(sharedByKeysWithPrefix: prefix) == nil)
    }

    @Test func existsOnlyWithinTheirNumber() {
        #expect(HashSlot(number: 0)?.number == 0)
        #expect(HashSlot(number: 16_383)?.number == 16_383)
        #expect(HashSlot(number: 16_384) == nil)
        #expect(HashSlot(number: -1) == nil)
    }

    // MARK: Commands

    @Test(arguments: ["key", "", "mlserving:{a1b2}:7", "a\r\nb", "$5\r\n", String(repeating: "long", count: 100)])
    func ofCommandIsThatOfItsFirstArgument(_ key: String) {
        let slot = HashSlot(key: key)
        #expect(RedisCommand.get(key).slot == slot)
        #expect(RedisCommand.set(key, to: [1], expiry: .seconds(1), onlyIfAbsent: true).slot == slot)
        #expect(RedisCommand.unlink([key, "other"]).slot == slot)
        #expect(RedisCommand("INCRBY", .string(key), 7).slot == slot)
        var script = RedisCommand("EVAL", "return 1", 1, .string(key))
        script.key = key
        #expect(script.slot == slot)
    }

    @Test func ofCommandSurvivesLongWords() {
        let long = [UInt8](repeating: 7, count: CommandEncoder.longWordBytes)
        #expect(RedisCommand.set("key", to: long).slot == HashSlot(key: "key"))
        #expect(RedisCommand("GET", .bytes(long)).slot == long.withUnsafeBufferPointer { HashSlot(key: $0) })
    }

    @Test func ofCommandWithoutArgumentsIsNone() {
        #expect(RedisCommand.ping.slot == nil)
    }
}
