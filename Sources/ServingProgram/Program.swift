public import ArgumentParser
internal import Glibc
internal import MLServing
internal import Synchronization
internal import UnixSignals

/// A command that ends in good order at a signal by itself, as services do.
public protocol EndingAtSignals: ParsableCommand {}

/// A command whose argument may be a number, and so begin with a minus sign. It reads the argument by ``NegativeNumber/unshielded(_:)``.
public protocol TakingNumbers: ParsableCommand {}

/// The frame of every program: how it reads its arguments, says what went wrong, and ends.
public enum Program {
    /// How long a command may take to end after a signal.
    private static let patience = Duration.seconds(5)

    /// Runs a program.
    ///
    /// - Parameters:
    ///   - command: What it does.
    ///   - name: What heads its lines on standard error.
    public static func main(_ command: (some AsyncParsableCommand).Type, name: String) async -> Never {
        // Whoever reads a pipe and goes is an error of writing.
        signal(SIGPIPE, SIG_IGN)
        do {
            try await run(command)
            exit(0)
        } catch {
            let report = ErrorReport(error)
            if let line = report.line { StandardError.print(line, program: name) }
            exit(report.exitCode.rawValue)
        }
    }

    private static func run(_ root: (some AsyncParsableCommand).Type) async throws {
        try refuseArgumentsThatAreNoText()
        var command: any ParsableCommand
        do {
            command = try parse(root)
        } catch {
            // Help and the version are errors here, too, with the code 0.
            let code = root.exitCode(for: error)
            let message = root.fullMessage(for: error)
            if code == .success { try StandardOutput.print(message) } else { tell(message) }
            throw code == .success || code == .usage ? code : .usage
        }
        let kind = type(of: command)
        do {
            if command is any EndingAtSignals { try await run(&command) } else { try await runUntilSignal(command) }
        } catch {
            try end(root, kind, with: error)
        }
    }

    /// Reads the arguments; a second time, should the parser have taken a number for an option that was meant as input.
    private static func parse(_ root: (some AsyncParsableCommand).Type) throws -> any ParsableCommand {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            return try root.parseAsRoot(arguments)
        } catch {
            guard let shielded = NegativeNumber.shielded(in: arguments), let command = try? root.parseAsRoot(shielded),
                command is any TakingNumbers
            else { throw error }
            return command
        }
    }

    /// The parser repeats arguments as they are, which may have been made to control a terminal.
    private static func tell(_ message: String) {
        StandardError.write(message.printableLines + "\n")
    }

    /// The command "help" ends with the help that was asked for, a command whose subcommand is missing with its own, and some find a wrong usage
    /// when they run.
    private static func end(
        _ root: (some AsyncParsableCommand).Type, _ command: any ParsableCommand.Type, with error: any Error
    ) throws {
        let code = root.exitCode(for: error)
        if error is ExitCode { throw error }
        let lacksSubcommand = code == .success && !command.configuration.subcommands.isEmpty
        if code == .success, !lacksSubcommand { return try StandardOutput.print(root.fullMessage(for: error)) }
        guard lacksSubcommand || code == .validationFailure else { throw error }
        tell(root.fullMessage(for: error))
        throw ExitCode.usage
    }

    private static func run(_ command: inout any ParsableCommand) async throws {
        if var asynchronous = command as? any AsyncParsableCommand { try await asynchronous.run() } else { try command.run() }
    }

    /// Runs a command; a signal cancels it, and a second one, or too long a wait, ends the program at once.
    private static func runUntilSignal(_ command: sending any ParsableCommand) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let work = Task {
            var command = command
            try await run(&command)
        }
        let received = Mutex<ExitCode?>(nil)
        let watch = Task {
            var requests = SignalRequests()
            for await signal in signals {
                guard let request = requests.receive(at: .now) else { continue }
                let code = signal == .sigint ? ExitCode.interrupted : .terminated
                if request > 1 { _exit(code.rawValue) }
                received.withLock { $0 = code }
                work.cancel()
                Task {
                    try await Task.sleep(for: patience)
                    _exit(code.rawValue)
                }
            }
        }
        let result = await work.result
        watch.cancel()
        // What a command says of its cancellation is known: it was asked for.
        if let code = received.withLock({ $0 }) { throw code }
        try result.get()
    }

    /// Swift replaces what is not UTF-8, and so would ask for something else than was meant.
    private static func refuseArgumentsThatAreNoText() throws(ProgramError) {
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = CommandLine.unsafeArgv[index] else { continue }
            let bytes = UnsafeBufferPointer(start: argument, count: strlen(argument)).map { UInt8(bitPattern: $0) }
            if let position = UTF8Position(ofFirstErrorIn: bytes) {
                let line = position.line == 1 ? "" : "line \(position.line), "
                throw ProgramError(.usage, "argument \(index) is not UTF-8: \(line)byte \(position.byteInLine)")
            }
        }
    }
}
