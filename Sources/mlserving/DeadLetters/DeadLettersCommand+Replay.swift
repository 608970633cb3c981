import ArgumentParser
import MLServing

extension DeadLettersCommand {
    struct ReplayCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay",
            abstract: "Publish dead letters as requests again, to be served after all.",
            discussion: """
                A request goes to the queue whose dead letters these are, byte for byte, without its old deadline and with all its attempts \
                before it; the error that is stored as its result is removed. Its letter is removed when the broker has confirmed it: when this command is \
                killed, a request may be replayed twice, never not at all. Letters that come while it runs are left alone, so what \
                fails again is not replayed again.

                A letter whose body is gone (see "list") is refused and stays, and the others are replayed.

                Prints a line for each; exits with 65 when a letter was refused, with 66 when an id was not found, and with 75 when the \
                queue is full.

                mlserving dead-letters replay --all --reason prediction_failed --timeout 60

                \(CommandHelp.environment(.producers))
                """
        )

        @OptionGroup var serving: ServingOptions

        @OptionGroup var chosen: Selection

        @Option(help: "The queue to publish to, instead of the one whose dead letters these are.")
        var to: String?

        @Option(help: "How many seconds the requests may take (default: without a deadline).")
        var timeout: Seconds?

        func validate() throws {
            if to?.isEmpty == true { throw ValidationError("--to takes the name of a queue.") }
        }

        func run() async throws {
            let options = self
            let (count, name) = try await serving.withDeadLetters { letters, _ in
                var progress = TerminalProgress("letters replayed")
                let queue = options.to ?? letters.requestQueue ?? "-"
                let count = try await letters.replay(
                    options.chosen.selection, to: options.to, timeToLive: options.timeout?.duration,
                    body: { letter in
                        progress.clear()
                        try StandardOutput.print("replayed \(letter.id.printable) to \(queue.printable)")
                        progress.show(adding: 1)
                    },
                    refused: { letter in
                        StandardError.print(
                            "\(letter.id.printable) is not replayed: \(letter.lossOfBody); drop it, and publish the request anew")
                    })
                progress.clear()
                return (count, letters.name)
            }
            count.report("replayed", in: name, reason: chosen.reason)
            try count.requireKnown(chosen.reason)
            try count.requireAll(in: name)
            if count.refused > 0 { throw ExitCode.dataError }
        }
    }
}
