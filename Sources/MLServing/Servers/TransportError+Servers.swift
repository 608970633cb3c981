internal import MLServingCore
internal import RabbitMQ

extension TransportError {
    /// What it means to the serving core that RabbitMQ did not take a message.
    init(ofPublish error: RabbitMQError) {
        self.init(error)
        // Of a publish a precondition is one of the message's properties, and no matter of the queue.
        if error.code == .preconditionFailed { code = .refused }
        // The broker checks the right to write to the exchange, whatever the message is and wherever it goes.
        if error.code == .accessRefused {
            code = .notPermitted
            message = "the user has no write permission for an exchange, so it cannot publish: \(message)"
        }
    }

    /// What a failure of RabbitMQ means to the serving core.
    init(_ error: RabbitMQError) {
        let code: Code =
            switch error.code {
            case .unroutable: .unroutable
            case .refused, .overloaded: .overloaded
            case .tooLarge: .tooLarge
            case .notFound: .notFound
            case .preconditionFailed: .mismatch
            case .authenticationFailed, .tlsFailed, .accessRefused, .resourceLocked, .invalidArgument, .poisonous: .refused
            case .closed: .closed
            default: error.isOutcomeUnknown ? .connectionLost : .unavailable
            }
        self.init(code: code, message: "RabbitMQ: \(error.explanation)")
    }
}

/// Runs a call to RabbitMQ with the errors of the serving core.
func translatingRabbitMQ<Value>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Value
) async throws -> Value {
    do {
        return try await body()
    } catch let error as RabbitMQError {
        throw error.code == .cancelled ? CancellationError() : TransportError(error) as any Error
    }
}
