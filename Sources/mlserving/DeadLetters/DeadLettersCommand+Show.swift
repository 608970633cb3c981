import ArgumentParser
import JSON
import MLServing

extension DeadLettersCommand {
    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Print everything about one dead letter: reason, failures, headers and body.",
            discussion: """
                The body is printed as text if it is text or JSON, as JSON if it is MessagePack, and else in hexadecimal. \
                Control characters are escaped; --body-only writes the bytes as they are. Of several letters with the same id, the \
                oldest is shown. Exits with 66 when there is none, \
                and --body-only with 65 when its body was not kept.

                mlserving dead-letters show 1f0c9a…-17 --body-only > body

                \(CommandHelp.environment(.producers))
                """
        )

        @OptionGroup var serving: ServingOptions

        @Argument(help: "The id of a request, as \"list\" prints it.")
        var id: String

        @Flag(help: "Write nothing but the body, byte for byte.")
        var bodyOnly = false

        @Flag(help: "Print a JSON object.")
        var json = false

        func validate() throws {
            if bodyOnly, json { throw ValidationError("--body-only and --json exclude each other.") }
        }

        func run() async throws {
            let id = id
            let (letter, name) = try await serving.withDeadLetters { letters, _ in
                (try await letters.letter(withID: id), letters.name)
            }
            guard let letter else { throw ProgramError(.noInput, "there is no dead letter \(id.printable) in \(name.printable)") }
            if bodyOnly {
                if letter.isBodyOmitted { throw ProgramError(.dataError, "\(id.printable): \(letter.lossOfBody)") }
                try StandardOutput.write(letter.body)
            } else {
                try StandardOutput.print(json ? letter.json.text : letter.text)
            }
        }
    }
}

extension DeadLetter {
    /// The headers that are told in words.
    private static let shownHeaders: Set<String> = [
        MessageHeader.deadLetterReason, MessageHeader.deadLetterMessage, MessageHeader.deadLetterQueue, MessageHeader.deadLetterTime,
        MessageHeader.deadLetterOmitted, MessageHeader.attempt, MessageHeader.failures,
    ]

    /// Everything, for a person to read.
    var text: String {
        var fields = TextTable(alignments: [.left, .left])
        fields.append(["id", id.printable])
        fields.append(["reason", reason.printable])
        fields.append(["message", explanation?.printable ?? "-"])
        fields.append(["queue", queue?.printable ?? "-"])
        fields.append(["time", time.map { UnixTime(milliseconds: $0).description } ?? "-"])
        fields.append(["attempts", attempts.map { "\($0)" } ?? "-"])
        fields.append(["content type", contentType?.printable ?? "-"])
        fields.append(["result key", resultKey?.printable ?? "-"])
        fields.append(["reply to", replyTo?.printable ?? "-"])
        if let omission { fields.append(["omitted", omission.printable]) }
        var sections = [fields.text()]
        if !failures.isEmpty {
            var table = TextTable(alignments: [.left, .left, .left, .left])
            for failure in failures {
                let time = failure.time.map { UnixTime(milliseconds: $0).description } ?? "-"
                let retryable = failure.error.isRetryable ? "retryable" : "final"
                table.append(["  " + time, failure.error.code.rawValue.printable, retryable, failure.error.message.printable])
            }
            sections.append("failures\n" + table.text())
        }
        let others = headers.filter { !Self.shownHeaders.contains($0.key) }
        if !others.isEmpty {
            var table = TextTable(alignments: [.left, .left])
            for (name, value) in others.sorted(by: { $0.key < $1.key }) {
                table.append(["  " + name.printable, value.string?.printable ?? JSONValue(value).text])
            }
            sections.append("headers\n" + table.text())
        }
        if isBodyOmitted { return (sections + ["body: not kept"]).joined(separator: "\n") }
        let body = BodyRendering(message)
        sections.append("body (\(body.form.rawValue), \(message.body.count) bytes)\n" + body.text)
        return sections.joined(separator: "\n")
    }

    /// Everything, for a program to read.
    var json: JSONValue {
        guard case .object(var members) = summary else { return summary }
        let body = BodyRendering(message)
        members.append(.init("message_id", .init(message.messageID)))
        members.append(.init("correlation_id", .init(message.correlationID)))
        members.append(.init("timestamp", message.timestamp.map { .integer($0) } ?? .null))
        members.append(.init("headers", .members(headers.sorted { $0.key < $1.key }.map { ($0.key, JSONValue($0.value)) })))
        members.append(.init("body_form", .string(body.form.rawValue)))
        members.append(.init("body", body.json))
        return .object(members)
    }
}
