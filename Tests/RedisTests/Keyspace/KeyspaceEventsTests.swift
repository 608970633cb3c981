import Redis
import Testing

@Suite("KeyspaceEvents")
struct KeyspaceEventsTests {
    @Test(
        arguments: [
            ("", "K$", "K$"), ("K$", "K$", nil), ("AK", "K$", nil), ("AKE", "K$gx", nil), ("A", "K$", "AK"), ("Ex", "K$", "ExK$"),
            ("K", "K$", "K$"), ("AKE", "Kmn", "AKEmn"), ("g$lshzxetdK", "K$", nil), ("K$~", "Kx", "K$~x"), ("", "", nil),
        ] as [(String, String, String?)])
    func missingFlagsAreAddedAndNoneRemoved(_ current: String, _ needed: String, _ expected: String?) {
        #expect(KeyspaceEvents(flags: needed).setting(addedTo: current) == expected)
    }

    @Test func flagsAreReadBack() {
        for bits in 0..<UInt32(1 << 14) where bits.nonzeroBitCount <= 3 {
            let events = KeyspaceEvents(rawValue: bits)
            #expect(KeyspaceEvents(flags: events.flags) == events)
        }
    }

    @Test func allStandsForTenClasses() {
        #expect(KeyspaceEvents(flags: "A") == KeyspaceEvents(flags: "g$lshzxetd"))
        #expect(!KeyspaceEvents.all.contains(.missed) && !KeyspaceEvents.all.contains(.created))
    }
}
