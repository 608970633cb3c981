import Testing

@testable import MLServingCore

@Suite("SignalRequests")
struct SignalRequestsTests {
    @Test func signalThatComesTwiceAtOnceIsOneRequest() {
        var requests = SignalRequests()
        let start = ContinuousClock.now
        #expect(requests.receive(at: start) == 1)
        #expect(requests.receive(at: start) == nil)
        #expect(requests.receive(at: start + .milliseconds(499)) == nil)
        #expect(requests.receive(at: start + .milliseconds(500)) == 2)
        #expect(requests.receive(at: start + .milliseconds(501)) == nil)
        #expect(requests.receive(at: start + .seconds(60)) == 3)
    }
}
