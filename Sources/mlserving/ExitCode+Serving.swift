import ArgumentParser
import Glibc
import MLServing

extension ExitCode {
    /// The input was refused (EX_DATAERR).
    static let dataError = ExitCode(65)
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
            case .invalidInput, .malformedRequest, .unsupportedContentType: .dataError
            case .unroutable, .unavailable, .closed: .unavailable
            case .expired, .overloaded, .cancelled: .temporary
            default: .software
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
    } catch let error as ServingError {
        standardError("\(error)")
        throw ExitCode(error)
    } catch let error as TransportError {
        standardError("\(error)")
        throw error.code == .refused ? ExitCode.refused : ExitCode.unavailable
    }
}

/// Writes a line to standard error.
func standardError(_ line: String) {
    var bytes = [UInt8]("mlserving: \(line)\n".utf8)[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        bytes = bytes.dropFirst(count)
    }
}
