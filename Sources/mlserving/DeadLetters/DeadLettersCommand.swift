import ArgumentParser
import Logging
import MLServing

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Look at the requests that could not be served; replay or drop them.",
        discussion: """
            A request that nobody can serve is answered with its error and kept, byte for byte, in the queue <queue>.dead-letters. \
            Looking removes nothing. What one of these commands is looking at is kept from the others for as long as it runs, \
            and is back at once when it is killed.

            mlserving dead-letters list --reason prediction_failed
            mlserving dead-letters show 1f0c9a…-17
            mlserving dead-letters replay --all --reason prediction_failed

            \(CommandHelp.environment(.producers))
            """,
        subcommands: [ListCommand.self, ShowCommand.self, ReplayCommand.self, DropCommand.self]
    )

    /// Which letters are to be removed from the queue, for the commands that do so.
    struct Selection: ParsableArguments {
        @Argument(help: ArgumentHelp("The ids of requests, as \"list\" prints them.", valueName: "id"))
        var ids: [String] = []

        @Flag(help: "All letters that wait now.")
        var all = false

        @Option(help: "With --all: only those that are here for this reason, such as prediction_failed.")
        var reason: String?

        func validate() throws {
            guard ids.isEmpty == all else { throw ValidationError("Give the ids of requests, or --all.") }
            guard reason == nil || all else { throw ValidationError("--reason goes with --all.") }
        }

        var selection: DeadLetterSelection {
            DeadLetterSelection(ids: all ? nil : Set(ids), reason: reason)
        }
    }
}

extension ServingOptions {
    /// Runs a command on the configured queue's dead letters.
    func withDeadLetters<Value: Sendable>(
        _ body: @escaping @Sendable (DeadLetterQueue, ServingSettings) async throws -> Value
    ) async throws -> Value {
        let (settings, reader) = try await load()
        let logger = try ProgramLog.logger("mlserving.dead-letters", reader: reader, default: .warning)
        guard let name = settings.consumer.deadLetterQueue?.name else {
            throw TransportError(code: .notFound, message: "no queue of dead letters is configured")
        }
        let transport = ServerTransport(settings: settings, name: "dead-letters", logger: logger)
        let letters = DeadLetterQueue(
            name, requestQueue: settings.consumer.queue.name, answers: settings.consumer.answers, transport: transport)
        return try await transport.whileRunning { try await body(letters, settings) }
    }
}

extension DeadLetterCount {
    /// What brokers call the ends of messages that they put with the dead letters themselves (`x-death`), and what letters without a reason have.
    private static let foreignReasons = ["expired", "maxlen", "rejected", "delivery_limit", "unknown"]

    /// Refuses a reason that nothing has: neither a letter, as predictors have codes of their own, nor this package.
    ///
    /// - Throws: ``ProgramError`` with the reasons that there are.
    func requireKnown(_ reason: String?) throws(ProgramError) {
        guard let reason, selected == 0, seen >= waiting else { return }
        let codes = ErrorTable.rows.filter(\.restsWithDeadLetters).map(\.code.rawValue)
        let known = Set(codes + Self.foreignReasons).sorted()
        guard !known.contains(reason) else { return }
        throw ProgramError(.usage, "--reason: no letter has \"\(reason.printable)\"; known reasons are \(known.joined(separator: ", "))")
    }

    /// Tells on standard error how many letters it was, and of how many.
    func report(_ verb: String, in queue: String, reason: String? = nil) {
        let kind = "dead \(waiting == 1 ? "letter" : "letters") in \(queue)"
        if waiting == 0 { return StandardError.print("no \(kind)") }
        var line = "\(verb) \(selected - refused) of \(waiting) \(kind)"
        if let reason { line += " (reason \(reason.printable))" }
        if seen < waiting, reason != nil { line += ", looked at \(seen)" }
        if refused > 0 { line += ", refused \(refused)" }
        StandardError.print(line)
    }

    /// Tells of the ids that were not there.
    ///
    /// - Throws: The exit code for them, if there are any.
    func requireAll(in queue: String) throws {
        for id in missingIDs { StandardError.print("there is no dead letter \(id.printable) in \(queue)") }
        if !missingIDs.isEmpty { throw ExitCode.noInput }
    }
}
