import ArgumentParser
import Glibc
import MLServing
import MLServingHealth

extension ExitCode {
    /// The input was refused (EX_DATAERR).
    static let dataError = ExitCode(65)
    /// What was asked for is not there (EX_NOINPUT).
    static let noInput = ExitCode(66)
    /// A server or the queue is not there (EX_UNAVAILABLE).
    static let unavailable = ExitCode(69)
    /// The prediction failed (EX_SOFTWARE).
    static let software = ExitCode(70)
    /// No answer in time, or overloaded: try again (EX_TEMPFAIL).
    static let temporary = ExitCode(75)
    /// A server refuses the credentials (EX_NOPERM).
    static let refused = ExitCode(77)
    /// The configuration is wrong (EX_CONFIG).
    static let configuration = ExitCode(78)

    /// The code that scripts see for an error of serving.
    init(_ error: ServingError) {
        self =
            switch error.code {
            case .invalidInput, .malformedRequest, .unsupportedContentType, .tooLarge: .dataError
            case .unroutable, .unavailable, .closed: .unavailable
            case .expired, .overloaded, .cancelled: .temporary
            default: .software
            }
    }

    /// The code that scripts see for an error of the broker or the store.
    init(_ error: TransportError) {
        self =
            switch error.code {
            case .refused: .refused
            case .overloaded: .temporary
            case .tooLarge: .dataError
            default: .unavailable
            }
    }
}

/// Runs a command; what goes wrong is said on standard error in one line, and told by the exit code.
func reportingErrors<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let error as ConfigurationError {
        standardError("configuration: \(error)")
        throw ExitCode.configuration
    } catch let error as HealthServerError {
        standardError("health endpoint: \(error)")
        throw ExitCode.configuration
    } catch let error as ServingError {
        standardError("\(error)")
        throw ExitCode(error)
    } catch let error as TransportError {
        standardError("\(error)")
        throw ExitCode(error)
    }
}

/// Writes a line to standard error. What others may have written into it is escaped.
func standardError(_ line: String) {
    write(toStandardError: "mlserving: \(line.printableLines)\n")
}

/// Writes text to standard error, as it is.
func write(toStandardError text: String) {
    _ = write([UInt8](text.utf8), to: STDERR_FILENO)
}

/// Writes bytes to standard output, as they are.
///
/// - Throws: An exit code when whoever reads it has gone.
func standardOutput(_ bytes: [UInt8]) throws {
    guard write(bytes, to: STDOUT_FILENO) else { throw ExitCode.failure }
}

private func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var bytes = bytes[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        bytes = bytes.dropFirst(count)
    }
    return true
}
