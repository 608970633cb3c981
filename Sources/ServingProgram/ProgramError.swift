public import ArgumentParser

/// Something that ends a program, in words, with the code that it ends with.
public struct ProgramError: Error, Sendable {
    /// What happened, to what, and what to do.
    public let message: String
    /// How the program ends.
    public let exitCode: ExitCode

    /// Makes an error.
    public init(_ exitCode: ExitCode, _ message: String) {
        self.message = message
        self.exitCode = exitCode
    }
}
