/// What the broker is known not to take, shared by all publishers of a connection.
final class PublishLimits {
    /// How long the broker's word counts: an operator may raise the limit while the connection stands.
    private static let validity = Duration.seconds(300)

    private var learned: (maximum: Int, at: ContinuousClock.Instant)?

    /// The most bytes of a body; `nil`: unknown.
    func bodyMaximum(at now: ContinuousClock.Instant = .now) -> Int? {
        guard let learned, now - learned.at < Self.validity else { return nil }
        return learned.maximum
    }

    func learn(bodyMaximum: Int, at now: ContinuousClock.Instant = .now) {
        learned = (bodyMaximum, now)
    }

    /// Forgets everything: another node, or the same one with another configuration, may take more.
    func forget() {
        learned = nil
    }
}

extension BrokerClosure {
    /// The broker's `max_message_size`, if it closed a channel for a message above it.
    ///
    /// RabbitMQ says `message size 1200000 is larger than configured max size 1048576`; the words between the numbers differ by version.
    static func bodyMaximum(in text: String) -> Int? {
        guard let beginning = text.firstRange(of: "message size ") else { return nil }
        let numbers = text[beginning.upperBound...].split { !$0.isASCII || !$0.isNumber }.prefix(2).map { Int($0) }
        guard numbers.count == 2, let size = numbers[0], let maximum = numbers[1], size > maximum else { return nil }
        return maximum
    }
}
