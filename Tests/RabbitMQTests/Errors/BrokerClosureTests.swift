import Testing

@testable import RabbitMQ

@Suite("BrokerClosure")
struct BrokerClosureTests {
    @Test(
        arguments: [
            (403, "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."),
            (530, "NOT_ALLOWED - vhost no-such-host not found"),
            (530, "NOT_ALLOWED - access to vhost '/' refused for user 'guest'"),
        ] as [(UInt16, String)])
    func refusalOfTheUserOrTheVirtualHostLasts(_ code: UInt16, _ text: String) {
        let closure = BrokerClosure(replyCode: code, text: text)
        #expect(closure.isLastingRefusal)
        #expect(RabbitMQError.connectionClosed(by: closure, node: "n").code == .authenticationFailed)
    }

    @Test(
        arguments: [
            (530, "NOT_ALLOWED - access to vhost '/' refused for user 'guest': connection limit (1) is reached"),
            (530, "NOT_ALLOWED - connection refused for user 'guest': user connection limit (1) is reached"),
            (541, "INTERNAL_ERROR - access to vhost '/' refused for user 'guest': vhost '/' is down"),
            (320, "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'"),
        ] as [(UInt16, String)])
    func whatPassesIsTriedAgain(_ code: UInt16, _ text: String) {
        let closure = BrokerClosure(replyCode: code, text: text)
        #expect(!closure.isLastingRefusal)
        #expect(RabbitMQError.connectionClosed(by: closure, node: "n").code == .connectionLost)
    }

    @Test(arguments: [(320 as UInt16, false), (501, true), (541, true)])
    func failureIsOnlyWhatTheBrokerCouldNotHandle(_ code: UInt16, _ isFailure: Bool) {
        #expect(RabbitMQError.connectionClosed(by: BrokerClosure(replyCode: code, text: ""), node: "n").isFailureOfBroker == isFailure)
        #expect(!RabbitMQError(.connectionLost, "the broker closed the socket").isFailureOfBroker)
    }

    @Test func acknowledgementTimeoutIsReadFromTheBrokersWords() {
        let text = "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: 1000 ms."
        #expect(RabbitMQError.channelClosed(by: BrokerClosure(replyCode: 406, text: text), node: "n").isAcknowledgementTimeout)
        let other = "PRECONDITION_FAILED - unknown delivery tag 7"
        #expect(!RabbitMQError.channelClosed(by: BrokerClosure(replyCode: 406, text: other), node: "n").isAcknowledgementTimeout)
    }
}
