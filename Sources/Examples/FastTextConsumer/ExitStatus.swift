internal import ArgumentParser
internal import MLServing
internal import MLServingHealth
internal import TextModels

/// How the program ends, in the numbers of BSD's `sysexits.h`.
enum ExitStatus {
    /// EX_NOINPUT: the model cannot be read.
    static let noInput = ExitCode(66)
    /// EX_SOFTWARE: whatever has no status of its own.
    static let software = ExitCode(70)
    /// EX_CONFIG: a value of the configuration is missing or wrong.
    static let configuration = ExitCode(78)

    /// The status for what ended the program.
    static func code(for error: any Error) -> ExitCode {
        switch error {
        case is ConfigurationError, is HealthServerError: configuration
        case is FastTextError: noInput
        default: software
        }
    }
}
