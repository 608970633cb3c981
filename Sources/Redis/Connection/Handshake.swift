/// What is said on a new connection before it is used: who we are, which database, what we are called, and whether this is a server that
/// is ready and takes writes.
///
/// All commands go out together; the first reply that cannot be lived with ends the handshake.
struct Handshake {
    private enum Step {
        case authenticate
        case selectDatabase
        case setName
        case ping
        case role
    }

    private let steps: [(step: Step, command: RedisCommand)]
    private let secret: String?
    private var answered = 0

    init(_ configuration: RedisConfiguration, clientName: String?) {
        var steps: [(Step, RedisCommand)] = []
        if let password = configuration.password {
            steps.append((.authenticate, .words("AUTH", (configuration.user.map { [$0] } ?? []) + [password.revealed])))
        }
        if configuration.database != 0 { steps.append((.selectDatabase, .words("SELECT", [String(configuration.database)]))) }
        if let clientName { steps.append((.setName, .words("CLIENT", ["SETNAME", clientName]))) }
        steps.append((.ping, .ping))
        if configuration.needsPrimary { steps.append((.role, .words("ROLE", []))) }
        self.steps = steps
        secret = configuration.password?.revealed
    }

    var commands: [RedisCommand] { steps.map(\.command) }

    /// Judges the next reply.
    mutating func receive(_ reply: RedisReply) throws(RedisError) {
        let (step, command) = steps[answered]
        answered += 1
        switch (step, reply) {
        case (.setName, _):
            // Servers that cannot name clients serve as well.
            return
        case (.ping, .error(let error)) where error.prefix == "NOPERM":
            return
        case (.role, .error):
            return
        case (_, .error(let error)):
            throw Self.refusal(redacted(error), of: command)
        case (.role, .array(let elements)) where elements.first?.string == "slave":
            throw RedisError(.cannotConnect, "the node is a replica, which takes no writes")
        case (.ping, .simpleString("PONG")), (.authenticate, .simpleString), (.selectDatabase, .simpleString), (.role, .array):
            return
        default:
            throw .unexpected(reply, to: command.name)
        }
    }

    /// What a server gave as its reason before it hung up. It stands where the reply to the first command would, whichever that is.
    func farewell(_ error: RedisServerError) -> RedisError { Self.refusal(redacted(error)) }

    // A server that does not know AUTH may repeat its arguments.
    private func redacted(_ error: RedisServerError) -> RedisServerError {
        guard let secret, !secret.isEmpty else { return error }
        return RedisServerError(message: error.message.replacing(secret, with: "<redacted>"))
    }

    /// A server that is starting, or full, or has lost its primary, will be ready some time. Any other refusal stays.
    private static func refusal(_ error: RedisServerError, of command: RedisCommand? = nil) -> RedisError {
        if error.isOfServerNotReady {
            return RedisError(.cannotConnect, "the server is not ready: \(error.explained)", serverError: error)
        }
        let advice = error.meaning.isKnown ? error.explained : "\(error.message); check user, password and database"
        return RedisError(.rejected, "the server refuses \(command?.name ?? "us"): \(advice)", serverError: error)
    }
}
