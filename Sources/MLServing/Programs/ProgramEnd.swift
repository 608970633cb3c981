internal import Glibc
internal import MLServingCore

/// How a program ends that an error ends: what it says, and the code that it ends with.
///
/// The codes are those of BSD's `sysexits.h`; `docs/configuration.md` lists them. Those of ``/MLServingCore/ServingError`` are in
/// ``/MLServingCore/ErrorTable``.
public struct ProgramEnd: Sendable {
    /// One line for standard error. It may repeat what a server or a file says, as it is.
    public let message: String
    /// How the program ends.
    public let exitCode: Int32

    /// Judges an error; one that is not of this package is a failure of the program (70).
    public init(_ error: any Error) {
        switch error {
        case let error as ConfigurationError: (message, exitCode) = ("configuration: \(error)", Self.configurationCode)
        case let error as ServingError: (message, exitCode) = (error.description, error.code.row.exitCode)
        case let error as TransportError:
            // To a program that declares or inspects queues it is its configuration that is wrong.
            let code = error.code == .mismatch ? Self.configurationCode : ServingError(error).code.row.exitCode
            (message, exitCode) = (error.description, code)
        case is CancellationError: (message, exitCode) = ("interrupted", 128 + SIGINT)
        case let error as DecodingError:
            (message, exitCode) = ("the value cannot be read: \(error.plainWords)", ServingError.Code.invalidInput.row.exitCode)
        default: (message, exitCode) = ("\(error)", ServingError.Code.predictionFailed.row.exitCode)
        }
    }

    /// EX_CONFIG.
    private static let configurationCode: Int32 = 78

    /// Does what a program is for, and ends the process.
    static func of(_ program: nonisolated(nonsending) () async throws -> Void) async -> Never {
        do {
            try await program()
            exit(0)
        } catch {
            let end = ProgramEnd(error)
            let name = CommandLine.arguments.first?.split(separator: "/").last ?? "program"
            let line = Array("\(name): \(end.message.harmless())\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
            exit(end.exitCode)
        }
    }
}
