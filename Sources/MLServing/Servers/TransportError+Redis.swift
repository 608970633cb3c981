internal import MLServingCore
internal import Redis

extension TransportError {
    /// What a failure of Redis means to the serving core.
    init(_ error: RedisError) {
        let code: Code =
            switch error.code {
            case .rejected, .notPermitted, .tlsFailed, .invalidConfiguration: .refused
            case .closed: .closed
            case .replyTooLarge: .tooLarge
            case .serverError: error.serverError.map { Self.code(of: $0) } ?? .unavailable
            default: error.isOutcomeUnknown ? .connectionLost : .unavailable
            }
        self.init(code: code, message: "Redis: \(error.explanation)")
    }

    /// What an error reply of Redis means to the serving core.
    init(_ error: RedisServerError) {
        let hint = error.prefix == "MOVED" ? " (REDIS_CLUSTER=1)" : ""
        self.init(code: Self.code(of: error), message: "Redis: \(error.explained)\(hint)")
    }

    private static func code(of error: RedisServerError) -> Code {
        if error.isAboutSize { return .tooLarge }
        return error.isTemporary ? .unavailable : .refused
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
