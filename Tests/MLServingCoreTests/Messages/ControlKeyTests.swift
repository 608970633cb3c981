import Digests
import Testing

@testable import MLServingCore

@Suite("ControlKey")
struct ControlKeyTests {
    private static let digest = SHA256Digest(of: [])

    /// Other programs write and read them, too, and rights name them.
    @Test func namesAreThoseOfTheSecurityPage() {
        #expect(ControlKey.cancellation(of: "mlserving:{a}:a-1", queue: "q") == "mlserving-control:{q}:cancel:mlserving:{a}:a-1")
        #expect(ControlKey.suspect("3f", 2, queue: "q") == "mlserving-control:{q}:suspect:3f:2")
        #expect(ControlKey.conviction(of: Self.digest, queue: "q") == "mlserving-control:{q}:convicted:\(Self.digest)")
        #expect(ControlKey.output(of: Self.digest, queue: "q") == "mlserving-control:{q}:cache:\(Self.digest)")
    }

    @Test func namesOfTheEarlierReleaseAreReadToo() {
        #expect(ControlKey.cancelPrefixes(queue: "q") == ["mlserving-control:{q}:cancel:", "mlserving:cancel:{q}:"])
        #expect(ControlKey.cancellations(of: "k", queue: "q") == ["mlserving-control:{q}:cancel:k", "mlserving:cancel:{q}:k"])
        #expect(ControlKey.formerSuspect("3f", 2, queue: "q") == "mlserving:suspect:{q}:3f:2")
        #expect(ControlKey.formerConviction(of: "k", queue: "q") == "mlserving:suspect:{q}:k")
    }

    @Test func everyNameIsReserved() {
        let names = [
            ControlKey.suspect("3f", 2, queue: "q"), ControlKey.formerSuspect("3f", 2, queue: "q"),
            ControlKey.conviction(of: Self.digest, queue: "q"), ControlKey.formerConviction(of: "k", queue: "q"),
            ControlKey.output(of: Self.digest, queue: "q"), "mlserving:cache:\(Self.digest)",
        ]
        for name in names + ControlKey.cancellations(of: "k", queue: "q") { #expect(ControlKey.isReserved(name)) }
        #expect(!ControlKey.isReserved("mlserving:{a}:a-1"))
    }
}
