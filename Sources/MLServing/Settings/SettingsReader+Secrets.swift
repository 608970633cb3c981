internal import SystemPackage

extension SettingsReader {
    /// The most that a file of a secret may hold, in bytes.
    private static let largestSecret = 64 * 1024

    /// A secret: the value itself, or with `_FILE` behind the key the path of a file that holds it, without the newline at its end.
    ///
    /// The first source that has either decides, so that a file named in the environment replaces a value in an environment file.
    ///
    /// - Throws: ``ConfigurationError`` when a source has both, or when the file cannot be read, is empty, or holds no text. No error
    ///   shows any of the secret.
    public func secret(_ key: String) throws(ConfigurationError) -> String? {
        let fileKey = key + "_FILE"
        for source in sources {
            switch (source[key]?.text, source[fileKey]?.text) {
            case (nil, nil): continue
            case (let value?, nil): return value
            case (nil, let path?): return try Self.secret(inFile: path, key: fileKey)
            case (_?, _?): throw ConfigurationError(key: fileKey, message: "is set, and so is \(key): leave one of them empty")
            }
        }
        return nil
    }

    private static func secret(inFile path: String, key: String) throws(ConfigurationError) -> String {
        func failure(_ reason: String) -> ConfigurationError { ConfigurationError(key: key, message: "the file \(path) \(reason)") }
        var bytes: [UInt8]
        do {
            bytes = try BoundedFile.contents(of: path, limit: largestSecret)
        } catch {
            throw failure("cannot be read: \(error)")
        }
        if bytes.count > largestSecret { throw failure("is larger than \(largestSecret) bytes") }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        if bytes.isEmpty { throw failure("is empty") }
        guard !bytes.contains(0), let secret = String(validating: bytes, as: UTF8.self) else { throw failure("holds no text in UTF-8") }
        return secret
    }
}
