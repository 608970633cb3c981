import Testing

@testable import RabbitMQ

@Suite("ConfirmTracker")
struct ConfirmTrackerTests {
    private func makeTracker(_ count: Int) -> ConfirmTracker<Int> {
        var tracker = ConfirmTracker<Int>()
        for index in 1...count { #expect(tracker.append(index) == UInt64(index)) }
        return tracker
    }

    private func confirm(_ number: UInt64, multiple: Bool = false, _ tracker: inout ConfirmTracker<Int>) -> [Int] {
        var taken: [Int] = []
        tracker.confirm(number, multiple: multiple) { taken.append($0) }
        return taken
    }

    @Test func singleConfirmationsComeInAnyOrder() {
        var tracker = makeTracker(4)
        #expect(confirm(3, &tracker) == [3])
        #expect(confirm(1, &tracker) == [1])
        #expect(tracker.span == 3)
        #expect(confirm(2, &tracker) == [2])
        #expect(tracker.span == 1)
        #expect(tracker.unconfirmedCount == 1)
        #expect(tracker.append(5) == 5)
    }

    @Test func multipleCoversEverythingUpToItsNumber() {
        var tracker = makeTracker(5)
        #expect(confirm(2, &tracker) == [2])
        #expect(confirm(4, multiple: true, &tracker) == [1, 3, 4])
        #expect(confirm(0, multiple: true, &tracker) == [5])
        #expect(tracker.unconfirmedCount == 0)
        #expect(tracker.span == 0)
    }

    @Test func unknownAndRepeatedNumbersCoverNothing() {
        var tracker = makeTracker(3)
        #expect(confirm(0, &tracker) == [])
        #expect(confirm(4, &tracker) == [])
        #expect(confirm(.max, &tracker) == [])
        #expect(confirm(1, &tracker) == [1])
        #expect(confirm(1, &tracker) == [])
        #expect(confirm(1, multiple: true, &tracker) == [])
        #expect(confirm(.max, multiple: true, &tracker) == [2, 3])
    }

    @Test func updateChangesTheOldestThatFits() {
        var tracker = makeTracker(4)
        #expect(confirm(2, &tracker) == [2])
        tracker.update { value in
            guard value.isMultiple(of: 2) else { return false }
            value = 40
            return true
        }
        tracker.updateAll { $0 += 1 }
        #expect(confirm(0, multiple: true, &tracker) == [2, 4, 41])
    }

    @Test func numbersStartOverOnANewChannel() {
        var tracker = makeTracker(3)
        _ = confirm(1, &tracker)
        var taken: [Int] = []
        tracker.removeAll { taken.append($0) }
        #expect(taken == [2, 3])
        #expect(tracker.unconfirmedCount == 0)
        #expect(tracker.append(9) == 1)
    }
}
