import Testing

@testable import MLServingCore

@Suite("Announcements")
struct AnnouncementsTests {
    private let start = ContinuousClock.now

    @Test func resultThatNothingWasHeardOfShowsThatTheStoreIsSilent() {
        var announcements = Announcements()
        #expect(announcements.storeSays(isPushed: true) == nil)
        #expect(announcements.isExpected)
        #expect(announcements.foundUnannounced(at: start) == .fellSilent)
        #expect(!announcements.isExpected)
        #expect(announcements.foundUnannounced(at: start + .seconds(1)) == nil, "it is told once")
    }

    @Test func announcementThatWasOnItsWayCounts() {
        var announcements = Announcements()
        _ = announcements.storeSays(isPushed: true)
        #expect(announcements.heard(at: start + .milliseconds(3)) == nil)
        #expect(announcements.foundUnannounced(at: start) == nil)
        #expect(announcements.isExpected)
    }

    @Test func whatIsHeardShowsThatTheStoreTellsAgain() {
        var announcements = Announcements()
        _ = announcements.storeSays(isPushed: true)
        _ = announcements.foundUnannounced(at: start)
        #expect(announcements.heard(at: start + .seconds(1)) == .isHeardAgain)
        #expect(announcements.isExpected)
    }

    @Test func storeMaySaySoItself() {
        var announcements = Announcements()
        _ = announcements.storeSays(isPushed: true)
        _ = announcements.foundUnannounced(at: start)
        #expect(announcements.storeSays(isPushed: false) == nil)
        #expect(announcements.storeSays(isPushed: true) == .isHeardAgain)
    }
}
