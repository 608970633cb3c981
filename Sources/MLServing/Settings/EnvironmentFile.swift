internal import SystemPackage

/// The settings in a file of lines `KEY=value`.
struct EnvironmentFile {
    /// A value, and the line that it stands on.
    struct Entry: Equatable {
        var value: String
        var line: Int
        /// The line of an earlier value of the same key, which does not count.
        var replacedLine: Int?
    }

    /// The most that a file may hold, in bytes.
    static let largest = 1 << 20

    let path: String
    /// By their keys.
    let entries: [String: Entry]

    /// Reads a file.
    ///
    /// - Parameter origin: What named the file: errors that are about none of its keys are about that.
    /// - Throws: ``ConfigurationError`` when the file cannot be read, is none but a pipe or a device, or has a line that is no setting. No error shows a value.
    init(path: String, origin: String = SettingsReader.filesKey) throws(ConfigurationError) {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.contents(of: path, limit: Self.largest)
        } catch {
            throw Self.unreadable(path, origin, error)
        }
        try self.init(path: path, origin: origin, bytes: bytes)
    }

    /// Reads a file only if it is there.
    init?(pathIfPresent path: String) throws(ConfigurationError) {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.contents(of: path, limit: Self.largest)
        } catch .refused(.noSuchFileOrDirectory) {
            return nil
        } catch {
            throw Self.unreadable(path, SettingsReader.filesKey, error)
        }
        try self.init(path: path, bytes: bytes)
    }

    private static func unreadable(_ path: String, _ origin: String, _ error: BoundedFile.Failure) -> ConfigurationError {
        ConfigurationError(key: origin, message: "the file \(path) cannot be read: \(error)")
    }

    /// Reads the contents of a file.
    init(path: String, origin: String = SettingsReader.filesKey, bytes: [UInt8]) throws(ConfigurationError) {
        self.path = path
        do throws(EnvironmentFileParser.Failure) {
            if bytes.count > Self.largest {
                throw EnvironmentFileParser.Failure(line: nil, key: nil, reason: "the file is larger than \(Self.largest) bytes")
            }
            var parser = EnvironmentFileParser(try EnvironmentFileParser.text(of: bytes))
            entries = try parser.entries()
        } catch {
            let place = error.line.map { "\(path):\($0)" } ?? path
            throw ConfigurationError(key: error.key ?? origin, message: "\(place): \(error.reason)")
        }
    }
}
