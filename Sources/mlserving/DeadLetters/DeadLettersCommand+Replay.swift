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

                Prints a line for each; exits with 66 when an id was not found, and with 75 when the queue is full.
                """
        )

        @OptionGroup var serving: ServingOptions

        @OptionGroup var chosen: Selection

        @Option(help: "The queue to publish to, instead of the one whose dead letters these are.")
        var to: String?

        @Option(help: "How many seconds the requests may take (default: without a deadline).")
        var timeout: Double?

        func validate() throws {
            if let timeout, !(timeout > 0 && timeout < 1e9) { throw ValidationError("--timeout takes a positive number of seconds.") }
            if to?.isEmpty == true { throw ValidationError("--to takes the name of a queue.") }
        }

        func run() async throws {
            try await reportingErrors {
                let options = self
                let (count, name) = try await serving.withDeadLetters { letters, _ in
                    let timeToLive = options.timeout.map { Duration.seconds($0) }
                    let count = try await letters.replay(options.chosen.selection, to: options.to, timeToLive: timeToLive) { letter in
                        let queue = options.to ?? letters.requestQueue ?? "-"
                        print("replayed \(letter.id.printable) to \(queue.printable)")
                    }
                    return (count, letters.name)
                }
                count.report("replayed", in: name, reason: chosen.reason)
                try count.requireAll(in: name)
            }
        }
    }
}
