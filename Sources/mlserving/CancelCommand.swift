import ArgumentParser
import Logging
import MLServing

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel submitted work whose prediction has not begun.",
        discussion: "A mark in Redis tells every consumer of the queue. Exits with 75 when there is a result already."
    )

    @OptionGroup var serving: ServingOptions

    @Argument(help: "What \"mlserving predict --submit\" printed.", transform: Ticket.argument)
    var ticket: Ticket

    func run() async throws {
        try await reportingErrors {
            let (settings, reader) = try await serving.load()
            let logger = try serving.logger("mlserving.cancel", reader: reader, default: .warning)
            let client = ProducerClient<EncodedValue, EncodedValue>(settings: settings, logger: logger)
            let isMarked = try await client.cancel(ticket)
            await client.shutdown()
            if isMarked { return print("cancelled") }
            standardError("there is a result already; read it with \"mlserving result\"")
            throw ExitCode.temporary
        }
    }
}

extension Ticket {
    /// Parses a ticket given on the command line.
    static func argument(_ text: String) throws -> Ticket {
        guard let ticket = Ticket(text) else { throw ValidationError("not a ticket") }
        return ticket
    }
}
