public import ArgumentParser

/// How programs of this package end, in the numbers of BSD's `sysexits.h` and of shells.
extension ExitCode {
    /// A command line that cannot be understood (EX_USAGE).
    public static let usage = ExitCode(64)
    /// The input was refused, is damaged or too large (EX_DATAERR).
    public static let dataError = ExitCode(65)
    /// What was asked for is not there (EX_NOINPUT).
    public static let noInput = ExitCode(66)
    /// A server or the queue is not there (EX_UNAVAILABLE).
    public static let unavailable = ExitCode(69)
    /// The prediction failed, or something that has no code of its own (EX_SOFTWARE).
    public static let software = ExitCode(70)
    /// A file cannot be made (EX_CANTCREAT).
    public static let cannotCreate = ExitCode(73)
    /// The output cannot be written (EX_IOERR).
    public static let outputError = ExitCode(74)
    /// No answer in time, or overloaded: try again (EX_TEMPFAIL).
    public static let temporary = ExitCode(75)
    /// A server refuses the credentials or rights, or is not to be trusted (EX_NOPERM).
    public static let refused = ExitCode(77)
    /// The configuration is wrong (EX_CONFIG).
    public static let configuration = ExitCode(78)
    /// SIGINT came: 128 and its number, as shells have it.
    public static let interrupted = ExitCode(130)
    /// Whoever reads the output has gone: 128 and SIGPIPE's number.
    public static let readerGone = ExitCode(141)
    /// SIGTERM came: 128 and its number.
    public static let terminated = ExitCode(143)

    /// All codes and what they mean, for the help of programs.
    public static let meanings = """
        Exit codes:
          0    success
          64   wrong usage
          65   the input was refused, is malformed or too large; a file is damaged
          66   there is no such file, model or dead letter
          69   a server or the queue is not there
          70   the prediction failed, or any other failure
          73   a file cannot be made
          74   the output cannot be written
          75   no answer in time, cancelled or overloaded: try again
          77   a server refuses the credentials or the rights, or is not trusted
          78   wrong configuration; the key is named
          130  SIGINT came, 143 SIGTERM came, 141 whoever read the output has gone
        """
}
