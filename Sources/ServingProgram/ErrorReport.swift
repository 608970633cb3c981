public import ArgumentParser
internal import MLServing
internal import MLServingHealth
internal import TextModels

/// What a program says of an error, and the code that it ends with.
///
/// This is the one place that maps errors to codes, whichever program or command they end. Those of ``ServingError`` are in ``ErrorTable``.
public struct ErrorReport: Sendable {
    /// One line for standard error; `nil`: nothing is to be said, or has been already.
    public let line: String?
    /// How the program ends.
    public let exitCode: ExitCode

    /// Judges an error.
    public init(_ error: any Error) {
        (line, exitCode) =
            switch error {
            case let error as ExitCode: (nil, error)
            case let error as ProgramError: (error.message.printable, error.exitCode)
            case let error as ConfigurationError: ("configuration: \(error)".printable, .configuration)
            case let error as HealthServerError: ("configuration: HEALTH_PORT, HEALTH_HOST: \(error)".printable, .configuration)
            case let error as ServingError: (error.description.printable, ExitCode(error.code))
            case let error as TransportError: (error.description.printable, ExitCode(error))
            case let error as FastTextError: ("\(error)".printable, error.code == .unreadable ? .noInput : .dataError)
            case let error as OutputError: (error.line, error.exitCode)
            case is CancellationError: ("interrupted", .interrupted)
            case let error as DecodingError: ("the value cannot be read: \(error.plainWords)".printable, .dataError)
            default: ("\(error)".printable, .software)
            }
    }
}

extension ExitCode {
    fileprivate init(_ code: ServingError.Code) {
        self.init(code.row.exitCode)
    }

    fileprivate init(_ error: TransportError) {
        // To a program that declares or inspects queues it is its configuration that is wrong.
        self = error.code == .mismatch ? .configuration : ExitCode(ServingError(error).code)
    }
}
