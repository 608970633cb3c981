import Testing

@testable import Redis

@Suite("KeyspaceChannels")
struct KeyspaceChannelsTests {
    private func message(_ channel: String, _ event: String = "set") -> RedisMessage {
        RedisMessage(channel: channel, payload: Array(event.utf8))
    }

    @Test func charactersOfAPatternAreKeptFromBeingOne() {
        let channels = KeyspaceChannels(database: 2, keysWithPrefix: #"a*b?[c]^\d"#, patternPrefix: #"a*b?[c]^\d"#, event: "set")
        #expect(channels.pattern == #"__keyspace@2__:a\*b\?\[c\]\^\\d*"#)
    }

    @Test func keysAreTakenOutOfChannels() {
        let channels = KeyspaceChannels(database: 0, keysWithPrefix: "ключ:", patternPrefix: "ключ:", event: "set")
        let messages = [message("__keyspace@0__:ключ:1"), message("__keyspace@0__:ключ:2")]
        let events = channels.events(in: RedisSubscriptionEvents(messages: messages))
        #expect(events == RedisKeyEvents(keys: ["ключ:1", "ключ:2"]))
    }

    @Test func widerPatternChangesNothingElse() {
        let channels = KeyspaceChannels(database: 0, keysWithPrefix: "a:1:", patternPrefix: "a:", event: "set")
        #expect(channels.pattern == "__keyspace@0__:a:*")
        let messages = [message("__keyspace@0__:a:1:x"), message("__keyspace@0__:a:2:x")]
        #expect(channels.events(in: RedisSubscriptionEvents(messages: messages)).keys == ["a:1:x"])
    }

    @Test func otherEventsArePassedOver() {
        let channels = KeyspaceChannels(database: 0, keysWithPrefix: "a", patternPrefix: "a", event: "set")
        let messages = [message("__keyspace@0__:a1", "expire"), message("__keyspace@0__:a1"), message("__keyspace@0__:a1", "del")]
        #expect(channels.events(in: RedisSubscriptionEvents(messages: messages)).keys == ["a1"])
    }

    @Test func whatMayBeMissingIsPassedOn() {
        let channels = KeyspaceChannels(database: 0, keysWithPrefix: "a", patternPrefix: "a", event: "set")
        #expect(channels.events(in: RedisSubscriptionEvents(mayHaveMissed: true)) == RedisKeyEvents(mayHaveMissed: true))
    }
}
