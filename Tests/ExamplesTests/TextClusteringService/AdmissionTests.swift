import MLServing
import Synchronization
import Testing

@testable import TextClusteringService

@Suite struct AdmissionTests {
    @Test func placeIsFreeAgainWhenItsHolderGoes() throws {
        let admission = Admission(maximumRequests: 1, maximumLargeRequests: 1)
        var place: Admission.Place? = try admission.admit()
        #expect(place != nil)
        #expect(throws: ServingError.self) { try admission.check() }
        #expect(throws: ServingError.self) { try admission.admit() }
        place = nil
        try admission.check()
        #expect(throws: Never.self) { try admission.admit() }
    }

    @Test func placeIsGivenBackOnce() throws {
        let admission = Admission(maximumRequests: 2, maximumLargeRequests: 1)
        let first = try admission.admit()
        try first.becomeLarge()
        first.leave()
        first.leave()
        let second = try admission.admit()
        try second.becomeLarge()
        let third = try admission.admit()
        #expect(throws: ServingError.self) { try admission.admit() }
        withExtendedLifetime((first, second, third)) {}
    }

    @Test func largeRequestsAreCountedApart() throws {
        let admission = Admission(maximumRequests: 3, maximumLargeRequests: 1)
        var first: Admission.Place? = try admission.admit()
        let second = try admission.admit()
        try first?.becomeLarge()
        let error = try #require(throws: ServingError.self) { try second.becomeLarge() }
        #expect(error.code == .overloaded)
        #expect(error.isRetryable)
        first = nil
        #expect(throws: Never.self) { try second.becomeLarge() }
    }

    @Test func requestTurnedAwayAsLargeGivesItsPlaceBack() throws {
        let admission = Admission(maximumRequests: 2, maximumLargeRequests: 1)
        let large = try admission.admit()
        try large.becomeLarge()
        for _ in 0..<3 {
            #expect(throws: ServingError.self) { try admission.admit().becomeLarge() }
        }
        #expect(throws: Never.self) { try admission.admit() }
        withExtendedLifetime(large) {}
    }

    // MARK: Bodies

    @Test func bodyThatComesSlowlyGivesItsPlaceUp() throws {
        let admission = Admission(maximumRequests: 1, maximumLargeRequests: 1, patience: .zero)
        let givenUp = Mutex(false)
        let slow = try admission.admitReader(of: nil) { givenUp.withLock { $0 = true } }
        let next = try admission.admitReader(of: nil) {}
        #expect(givenUp.withLock { $0 })
        #expect(throws: ServingError.self) { try slow.finishReading() }
        try next.finishReading()
        // Read bodies keep their places, and the place that was given up is not given back twice.
        slow.leave()
        #expect(throws: ServingError.self) { try admission.admitReader(of: nil) {} }
        next.leave()
        try admission.check()
    }

    @Test func bodyThatHasJustBegunKeepsItsPlace() throws {
        let admission = Admission(maximumRequests: 1, maximumLargeRequests: 1, patience: .seconds(3_600))
        let first = try admission.admitReader(of: nil) { Issue.record("given up") }
        #expect(throws: ServingError.self) { try admission.admitReader(of: nil) {} }
        try first.finishReading()
    }

    @Test func clientWithTheMostBodiesGivesOneUp() throws {
        let admission = Admission(maximumRequests: 3, maximumLargeRequests: 1, patience: .zero)
        let (one, crowd) = (try #require(NetworkAddress("192.0.2.1")), try #require(NetworkAddress("192.0.2.2")))
        let ended = Mutex<[Int]>([])
        let first = try admission.admitReader(of: one) { ended.withLock { $0.append(0) } }
        let others = try (1...2).map { number in try admission.admitReader(of: crowd) { ended.withLock { $0.append(number) } } }
        let last = try admission.admitReader(of: one) {}
        #expect(ended.withLock { $0 } == [1])
        withExtendedLifetime((first, others, last)) {}
    }
}
