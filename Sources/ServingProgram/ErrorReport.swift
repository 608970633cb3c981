public import ArgumentParser
internal import MLServing
internal import MLServingHealth
internal import TextModels

/// What a program says of an error, and the code that it ends with.
///
/// Errors of programs are judged here, and those of the library by `ProgramEnd`.
public struct ErrorReport: Sendable {
    /// One line for standard error; `nil`: nothing is to be said, or has been already.
    public let line: String?
    /// How the program ends.
    public let exitCode: ExitCode

    /// Judges an error.
    public init(_ error: any Error) {
        let end = ProgramEnd(error)
        (line, exitCode) =
            switch error {
            case let error as ExitCode: (nil, error)
            case let error as ProgramError: (error.message.printable, error.exitCode)
            case let error as HealthServerError: ("configuration: HEALTH_PORT, HEALTH_HOST: \(error)".printable, .configuration)
            case let error as FastTextError: ("\(error)".printable, error.code == .unreadable ? .noInput : .dataError)
            case let error as OutputError: (error.line, error.exitCode)
            default: (end.message.printable, ExitCode(end.exitCode))
            }
    }
}
