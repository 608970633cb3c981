internal import FoundationEssentials
internal import Logging
internal import ServingProgram

/// A file that tells scripts which port the service listens on.
struct PortFile: Sendable {
    private let path: String

    /// Empties the file, so that a port of an earlier run is not taken for this one's.
    ///
    /// - Throws: `ProgramError` when it cannot be written.
    init(path: String) throws {
        self.path = path
        try write("")
    }

    /// Writes the port, as a line of its own.
    func write(port: Int, logger: Logger) {
        do {
            try write("\(port)\n")
        } catch {
            logger.error("\(ErrorReport(error).line ?? path)")
        }
    }

    private func write(_ text: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw ProgramError(.cannotCreate, "the port file \(path) cannot be written")
        }
    }
}
