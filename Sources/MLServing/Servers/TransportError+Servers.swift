internal import MLServingCore
internal import RabbitMQ
internal import Redis

extension TransportError {
    /// What it means to the serving core that RabbitMQ did not take a message.
    init(ofPublish error: RabbitMQError) {
        self.init(error)
        // Of a publish a precondition is one of the message's properties, and no matter of the queue.
        if error.code == .preconditionFailed { code = .refused }
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
        self.init(code: code, message: "RabbitMQ: \(error)")
    }

    /// What a failure of Redis means to the serving core.
    init(_ error: RedisError) {
        let code: Code =
            switch error.code {
            case .rejected, .notPermitted, .tlsFailed, .invalidConfiguration: .refused
            case .closed: .closed
            case .serverError where error.serverError?.prefix == "NOPERM": .refused
            default: error.isOutcomeUnknown ? .connectionLost : .unavailable
            }
        self.init(code: code, message: "Redis: \(error)")
    }

    /// What an error reply of Redis means to the serving core.
    init(_ error: RedisServerError) {
        switch error.prefix {
        case "NOPERM": self.init(code: .refused, message: "Redis: \(error)")
        case "MOVED": self.init(code: .refused, message: "Redis: \(error); the server is part of a cluster, set REDIS_CLUSTER to 1")
        default: self.init(code: .unavailable, message: "Redis: \(error)")
        }
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

/// Runs a call to Redis with the errors of the serving core.
func translatingRedis<Value>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Value
) async throws -> Value {
    do {
        return try await body()
    } catch let error as RedisError {
        throw TransportError(error)
    }
}
