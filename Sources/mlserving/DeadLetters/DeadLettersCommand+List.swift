import ArgumentParser
import JSON
import MLServing
import Synchronization

extension DeadLettersCommand {
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Print one line for each dead letter, the oldest first.",
            discussion: """
                Columns are separated by two or more spaces: when it came here (UTC), how many times it was tried, its size in bytes, \
                reason, id, and what was wrong. "-" stands for what is not known, and "omitted" for the size of a body that was not \
                kept. The count goes to standard error.

                mlserving dead-letters list --reason prediction_failed --json

                \(CommandHelp.environment(.producers))
                """
        )

        @OptionGroup var serving: ServingOptions

        @Option(help: "How many to print at most.")
        var limit = 100

        @Option(help: "Only those that are here for this reason, such as prediction_failed.")
        var reason: String?

        @Flag(help: "Print a JSON object for each, one a line, without the bodies.")
        var json = false

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit must be positive.") }
        }

        func run() async throws {
            let options = self
            let (count, name) = try await serving.withDeadLetters { letters, _ in
                var table = TextTable(alignments: [.left, .right, .right, .left, .left, .left])
                let count = try await letters.forEach(DeadLetterSelection(reason: options.reason), limit: options.limit) { letter in
                    if options.json { try StandardOutput.print(letter.summary.text) } else { table.append(letter.row) }
                }
                if !options.json, count.selected > 0 { try StandardOutput.print(table.text(header: DeadLetter.columns)) }
                return (count, letters.name)
            }
            count.report("listed", in: name, reason: reason)
            try count.requireKnown(reason)
        }
    }
}

extension DeadLetter {
    static let columns = ["TIME", "ATTEMPTS", "BYTES", "REASON", "ID", "MESSAGE"]

    /// What "list" prints, in the order of the columns.
    var row: [String] {
        [
            time.map { UnixTime(milliseconds: $0).description } ?? "-",
            attempts.map { "\($0)" } ?? "-",
            isBodyOmitted ? "omitted" : "\(body.count)",
            reason.printable,
            id.printable,
            (explanation?.printable).map { $0.count > 200 ? $0.prefix(199) + "…" : $0 } ?? "-",
        ]
    }

    /// What has become of a body that is gone, for a line of text.
    var lossOfBody: String { "its body was not kept (omitted: \(omission?.printable ?? "body"))" }

    /// All but the body and the other headers.
    var summary: JSONValue {
        .members([
            ("id", .string(id)),
            ("reason", .string(reason)),
            ("message", .init(explanation)),
            ("queue", .init(queue)),
            ("time", .init(time.map { UnixTime(milliseconds: $0).description })),
            ("attempts", attempts.map { .integer($0) } ?? .null),
            ("failures", .array(failures.map(\.json))),
            ("content_type", .init(contentType)),
            ("bytes", .integer(body.count)),
            ("omitted", .init(omission)),
            ("result_key", .init(resultKey)),
            ("reply_to", .init(replyTo)),
        ])
    }
}

extension FailedAttempt {
    var json: JSONValue {
        .members([
            ("time", .init(time.map { UnixTime(milliseconds: $0).description })),
            ("code", .string(error.code.rawValue)),
            ("message", .string(error.message)),
            ("retryable", .bool(error.isRetryable)),
        ])
    }
}
