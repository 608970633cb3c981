import ArgumentParser
import MLServing

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel submitted work whose prediction has not begun.",
        discussion: """
            A mark in Redis tells every consumer of the queue. Prints "cancelled"; exits with 75 when there is a result already.

            ticket=$(mlserving predict --submit '"later"')
            mlserving cancel $ticket

            \(CommandHelp.environment(.producers))
            """
    )

    @OptionGroup var serving: ServingOptions

    @Argument(help: "What \"mlserving predict --submit\" printed.", transform: Ticket.argument)
    var ticket: Ticket

    @Option(help: "How many seconds Redis has to answer.")
    var timeout = Seconds.whole(3)

    func run() async throws {
        let isMarked = try await serving.withClient("cancel") { settings in
            guard settings.producer.resultMode == .store else {
                throw ConfigurationError(key: "QUEUE_ONLY", message: "1 leaves no way to cancel, which needs Redis: set it to 0")
            }
        } body: { client, _ in
            try await client.cancel(ticket, timeout: timeout.duration)
        }
        guard isMarked else { throw ProgramError(.temporary, "there is a result already; read it with \"mlserving result\"") }
        try StandardOutput.print("cancelled")
    }
}

extension Ticket {
    /// Parses a ticket given on the command line: what cannot have been one would be waited for in vain.
    static func argument(_ text: String) throws -> Ticket {
        guard let ticket = Ticket(text), ticket.isComplete else {
            throw ValidationError("\"\(String(text.prefix(80)).printable)\" is no ticket; \"mlserving predict --submit\" prints one.")
        }
        return ticket
    }

    /// Whether it has a form that a producer makes: `<prefix>:{<id>}:<id>-<number>`, a UUID, or what Celery puts before one. A producer that
    /// names its keys itself has them below a prefix, too.
    private var isComplete: Bool {
        let text = key.hasPrefix("celery-task-meta-") ? String(key.dropFirst("celery-task-meta-".count)) : key
        if text.wholeMatch(of: /[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}/) != nil { return true }
        if key.prefixMatch(of: /[^{]+:\{[0-9a-f]*(\}|$)/) != nil {
            return key.wholeMatch(of: /.+:\{([0-9a-f]{24})\}:\1-[1-9][0-9]*/) != nil
        }
        return key.wholeMatch(of: /[^:]+:.*[^:]/) != nil
    }
}
