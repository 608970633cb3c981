import ArgumentParser
import Glibc
import MLServing

extension DeadLettersCommand {
    struct DropCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "drop",
            abstract: "Remove dead letters for good.",
            discussion: """
                Asks first on a terminal; elsewhere it needs --yes. Prints a line for each; exits with 66 when an id was not found.

                mlserving dead-letters drop 1f0c9a…-17 --yes

                \(CommandHelp.environment(.producers))
                """
        )

        @OptionGroup var serving: ServingOptions

        @OptionGroup var chosen: Selection

        @Flag(help: "Do not ask.")
        var yes = false

        func validate() throws {
            if !yes, isatty(STDIN_FILENO) == 0 {
                throw ValidationError("Nobody can be asked whether to drop the letters: standard input is no terminal. Give --yes.")
            }
        }

        func run() async throws {
            let options = self
            let (count, name) = try await serving.withDeadLetters { letters, _ in
                if !options.yes {
                    let depth = try await letters.depth()
                    guard depth == 0 || options.isConfirmed(depth: depth, queue: letters.name) else {
                        return (DeadLetterCount(waiting: depth), letters.name)
                    }
                }
                var progress = TerminalProgress("letters dropped")
                let count = try await letters.drop(options.chosen.selection) { letter in
                    progress.clear()
                    try StandardOutput.print("dropped \(letter.id.printable)")
                    progress.show(adding: 1)
                }
                progress.clear()
                return (count, letters.name)
            }
            count.report("dropped", in: name, reason: chosen.reason)
            try count.requireKnown(chosen.reason)
            try count.requireAll(in: name)
        }

        /// Asks on the terminal.
        private func isConfirmed(depth: Int, queue: String) -> Bool {
            let what: String
            if !chosen.all {
                what = chosen.ids.count == 1 ? "the dead letter \(chosen.ids[0].printable)" : "\(chosen.ids.count) dead letters"
            } else if let reason = chosen.reason {
                what = "all with the reason \(reason.printable) of \(depth) dead letters"
            } else {
                what = depth == 1 ? "the dead letter" : "all \(depth) dead letters"
            }
            StandardError.write("mlserving: drop \(what) in \(queue) for good? [y/N] ")
            let answer = readLine()?.lowercased()
            return answer == "y" || answer == "yes"
        }
    }
}
