internal import FoundationEssentials
internal import Logging

/// A file that tells scripts which port the service listens on.
struct PortFile: Sendable {
    private let path: String

    /// Empties the file, so that a port of an earlier run is not taken for this one's.
    ///
    /// - Throws: ``CannotWrite``.
    init(path: String) throws {
        self.path = path
        try write("")
    }

    /// Writes the port, as a line of its own.
    func write(port: Int, logger: Logger) {
        do {
            try write("\(port)\n")
        } catch {
            logger.error("\(error)")
        }
    }

    private func write(_ text: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CannotWrite(path: path)
        }
    }
}

extension PortFile {
    /// The file cannot be written.
    struct CannotWrite: Error, CustomStringConvertible {
        let path: String

        var description: String { "the port file \(path) cannot be written" }
    }
}
