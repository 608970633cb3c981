import Testing

@testable import MLServingCore

@Suite("ServingError")
struct ServingErrorTests {
    @Test(arguments: [
        (TransportError.Code.unroutable, ServingError.Code.unroutable, false),
        (.notFound, .unroutable, false),
        (.overloaded, .overloaded, true),
        (.closed, .closed, false),
        (.mismatch, .unavailable, false),
        (.refused, .refused, false),
        (.unavailable, .unavailable, true),
        (.connectionLost, .unavailable, true),
    ])
    func tellsWhatATransportMet(code: TransportError.Code, expected: ServingError.Code, isRetryable: Bool) {
        let error = ServingError(TransportError(code: code, message: "what happened"))
        #expect(error == ServingError(code: expected, message: "what happened", isRetryable: isRetryable))
    }

    @Test(arguments: [(ServingError.Code.overloaded, true), (.invalidInput, false), (.init(rawValue: "my_own"), false)])
    func isAsRetryableAsItsCodeUnlessItSaysOtherwise(code: ServingError.Code, expected: Bool) {
        #expect(ServingError(code: code, message: "").isRetryable == expected)
        for isRetryable in [true, false] {
            #expect(ServingError(code: code, message: "", isRetryable: isRetryable).isRetryable == isRetryable)
        }
    }

    @Test func predictorsErrorStaysAsItIs() {
        let error = ServingError(code: .init(rawValue: "my_own"), message: "m", isRetryable: true)
        #expect(ServingError(predictionFailure: error) == error)
    }

    @Test func otherErrorsOfAPredictorAreFailures() {
        struct Broken: Error, CustomStringConvertible { let description = "out of order" }
        #expect(ServingError(predictionFailure: Broken()) == ServingError(code: .predictionFailed, message: "out of order"))
        #expect(ServingError(predictionFailure: CancellationError()).code == .cancelled)
    }

    @Test func readsAsCodeAndMessage() {
        #expect("\(ServingError(code: .expired, message: "too late"))" == "expired: too late")
        #expect("\(TransportError(code: .connectionLost, message: "gone"))" == "connection_lost: gone")
    }
}
