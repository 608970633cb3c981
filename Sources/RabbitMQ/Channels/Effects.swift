/// What handling frames has brought about outside of the connection's own state.
///
/// Handling a frame only notes it; the connection acts once all frames of a turn are handled, so that nobody is called in the middle of a
/// transition.
final class Effects {
    /// Consumers that have something for whoever waits for them.
    var wakeUps: [ConsumerCore] = []
    /// Consumers that have lost their channel.
    var interruptions: [(consumer: ConsumerCore, error: RabbitMQError)] = []
    /// Publishes that have an outcome.
    var outcomes: [(completion: PublishCompletion, result: Result<PublishConfirmation, RabbitMQError>)] = []
    var statistics = RabbitMQStatistics()

    var isEmpty: Bool { wakeUps.isEmpty && interruptions.isEmpty && outcomes.isEmpty }
}

/// Called once, with the outcome of a publish.
typealias PublishCompletion = @Sendable (Result<PublishConfirmation, RabbitMQError>) -> Void
