import Testing

@testable import TextClusteringService

@Suite struct ConnectionTableTests {
    private let first = NetworkAddress("192.0.2.1")
    private let second = NetworkAddress("192.0.2.2")

    @Test func oldestConnectionOfAClientMakesRoomForItsNewest() {
        var table = ConnectionTable(maximum: 10, maximumPerClient: 2)
        let ids = (0..<3).map { _ in table.open(for: first).id }
        #expect(table.count == 2)
        let outcome1 = table.open(for: first)
        #expect(outcome1.evicted == ids[1])
        let outcome2 = table.open(for: second)
        #expect(outcome2.evicted == nil)
    }

    @Test func clientWithTheMostMakesRoomWhenAllIsFull() {
        var table = ConnectionTable(maximum: 3, maximumPerClient: 10)
        let lonely = table.open(for: second).id
        let ids = (0..<2).map { _ in table.open(for: first).id }
        let outcome3 = table.open(for: NetworkAddress("192.0.2.3"))
        #expect(outcome3.evicted == ids[0])
        // From now on all have one each: the oldest.
        let outcome4 = table.open(for: NetworkAddress("192.0.2.4"))
        #expect(outcome4.evicted == lonely)
    }

    @Test func connectionThatIsAnsweredStaysAndTheNewOneIsAGuest() {
        var table = ConnectionTable(maximum: 2, maximumPerClient: 2)
        let ids = (0..<2).map { _ in table.open(for: first).id }
        for id in ids { table.setBusy(id, true) }
        let guest = table.open(for: first)
        #expect(guest.isGuest)
        #expect(guest.evicted == nil)
        table.setBusy(ids[0], false)
        let outcome5 = table.open(for: first)
        #expect(outcome5.evicted == ids[0])
    }

    @Test func guestLeavesNoPlaceToOthers() {
        var table = ConnectionTable(maximum: 1, maximumPerClient: 1)
        table.setBusy(table.open(for: first).id, true)
        for client in [first, second] {
            let guests = (0..<2).map { _ in table.open(for: client) }
            #expect(guests.allSatisfy { $0.isGuest && $0.evicted == nil })
        }
    }

    @Test func guestsAreBounded() {
        var table = ConnectionTable(maximum: 1, maximumPerClient: 1)
        table.setBusy(table.open(for: first).id, true)
        for _ in 0..<1_000 { table.setBusy(table.open(for: second).id, true) }
        #expect(table.count <= 1 + ConnectionTable.maximumGuests)
    }

    @Test func proxysConnectionCountsForWhomItForwards() {
        var table = ConnectionTable(maximum: 10, maximumPerClient: 1)
        let ids = (0..<3).map { _ in table.open(for: nil).id }
        let outcome6 = table.attribute(ids[0], to: first)
        #expect(outcome6)
        let outcome7 = table.attribute(ids[1], to: first)
        #expect(!outcome7)
        let outcome8 = table.attribute(ids[1], to: second)
        #expect(outcome8)
        let outcome9 = table.attribute(ids[0], to: nil)
        #expect(outcome9)
        let outcome10 = table.attribute(ids[2], to: first)
        #expect(outcome10)
        table.close(ids[2])
        let outcome11 = table.attribute(ids[0], to: first)
        #expect(outcome11)
        // One that is closed already counts for nobody.
        let outcome12 = table.attribute(ids[2], to: first)
        #expect(outcome12)
        let outcome13 = table.attribute(ids[1], to: first)
        #expect(!outcome13)
    }
}
