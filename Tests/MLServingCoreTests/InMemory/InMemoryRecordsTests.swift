import Testing

@testable import MLServingCore

@Suite("InMemoryRecords")
struct InMemoryRecordsTests {
    private let start = ContinuousClock.now

    private func entry(_ key: String, _ value: UInt8, seconds: Int = 10) -> StoreEntry {
        StoreEntry(key: key, value: [value], timeToLive: .seconds(seconds))
    }

    @Test func firstRecordWins() {
        var records = InMemoryRecords()
        #expect(records.put(entry("a", 1), at: start) == true)
        #expect(records.put(entry("a", 2), at: start) == false)
        #expect(records.value(of: "a", at: start) == [1])
    }

    @Test func recordEndsWithItsTimeToLive() {
        var records = InMemoryRecords()
        _ = records.put(entry("a", 1), at: start)
        #expect(records.value(of: "a", at: start + .seconds(9)) == [1])
        #expect(records.value(of: "a", at: start + .seconds(10)) == nil)
        #expect(records.put(entry("a", 2), at: start + .seconds(10)) == true)
        #expect(records.value(of: "a", at: start + .seconds(19)) == [2])
    }

    @Test func keyThatWasWrittenAnewKeepsItsNewTime() {
        var records = InMemoryRecords()
        _ = records.put(entry("a", 1), at: start)
        records.remove("a")
        #expect(records.value(of: "a", at: start) == nil)
        #expect(records.put(entry("a", 2, seconds: 100), at: start) == true)
        // The time to live of the removed record is over.
        _ = records.put(entry("b", 3), at: start + .seconds(20))
        #expect(records.value(of: "a", at: start + .seconds(20)) == [2])
    }
}
