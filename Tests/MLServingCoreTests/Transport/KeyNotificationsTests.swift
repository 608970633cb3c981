import Testing

@testable import MLServingCore

@Suite("KeyNotifications", .timeLimit(.minutes(5)))
struct KeyNotificationsTests {
    @Test func keysArriveTogether() async throws {
        let notifications = KeyNotifications()
        notifications.add("a")
        notifications.add("b")
        let news = try await notifications.next()
        #expect(news.keys == ["a", "b"])
        #expect(!news.mayHaveMissed)
    }

    @Test func interruptionIsToldBesideTheKeys() async throws {
        let notifications = KeyNotifications()
        notifications.add("a")
        notifications.addMissed()
        notifications.add("b")
        let news = try await notifications.next()
        #expect(news.keys == ["a", "b"])
        #expect(news.mayHaveMissed)
    }

    @Test func readerThatIsFarBehindIsToldToReadEverything() async throws {
        let notifications = KeyNotifications()
        for number in 0..<200_000 { notifications.add("\(number)") }
        let news = try await notifications.next()
        #expect(news.mayHaveMissed)
        #expect(news.keys.count <= 65_536)
        #expect(news.keys.last == "199999")
    }

    @Test func failureEndsTheFeed() async throws {
        let notifications = KeyNotifications()
        notifications.fail(TransportError(code: .refused, message: "no"))
        await #expect(throws: TransportError(code: .refused, message: "no")) { try await notifications.next() }
    }

    @Test func tellsWhetherTheStoreAnnounces() async {
        #expect(await KeyNotifications().isPushed)
        #expect(await KeyNotifications(isPushed: { false }).isPushed == false)
    }
}
