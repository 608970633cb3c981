import MLServing
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
}
