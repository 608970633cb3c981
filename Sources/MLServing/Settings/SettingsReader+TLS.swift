internal import TLS

extension SettingsReader {
    /// How connections to a server are encrypted, by the key `<prefix>_TLS` and those that begin with it; `nil`: not at all.
    ///
    /// The files are read once to see whether they can be used.
    ///
    /// - Parameter prefix: The server, as its keys begin: `RABBIT` or `REDIS`.
    /// - Throws: ``ConfigurationError``, also when there are details of an encryption that nobody switched on or off.
    public func tls(_ prefix: String) throws(ConfigurationError) -> TLSSettings? {
        let key = prefix + "_TLS"
        guard string(key) != nil else {
            // Whoever names an authority believes that the connection is encrypted.
            let details = ["CA_FILE", "CERTIFICATE_FILE", "KEY_FILE", "KEY_PASSWORD", "KEY_PASSWORD_FILE", "VERIFY", "SERVER_NAME"]
            if let detail = details.map({ "\(key)_\($0)" }).first(where: { string($0) != nil }) {
                throw ConfigurationError(key: detail, message: "is set, but \(key) is not: set \(key) to 1 to encrypt, or to 0 not to")
            }
            return nil
        }
        guard try flag(key, default: false) else { return nil }
        var settings = TLSSettings()
        settings.authorityFile = string(key + "_CA_FILE")
        settings.certificateFile = string(key + "_CERTIFICATE_FILE")
        settings.keyFile = string(key + "_KEY_FILE")
        settings.keyPassword = try secret(key + "_KEY_PASSWORD").map { Secret($0) }
        settings.verification = try choice(key + "_VERIFY", default: .full)
        settings.serverName = string(key + "_SERVER_NAME")
        for (suffix, path) in [
            ("_CA_FILE", settings.authorityFile), ("_CERTIFICATE_FILE", settings.certificateFile), ("_KEY_FILE", settings.keyFile),
        ] {
            guard let path else { continue }
            do throws(BoundedFile.Failure) {
                // OpenSSL would wait for whoever writes into a pipe. What else is wrong with a file it says by itself.
                try BoundedFile.check(path)
            } catch .irregular {
                throw self.error(key + suffix, "the file \(path) cannot be read: \(BoundedFile.Failure.irregular)")
            } catch {}
        }
        do throws(TLSError) {
            try TLSConfiguration(settings).check()
        } catch {
            throw ConfigurationError(key: key + (Self.suffixes[error.reason] ?? ""), message: error.message)
        }
        return settings
    }

    private static let suffixes: [TLSError.Reason: String] = [
        .authorityFile: "_CA_FILE", .certificateFile: "_CERTIFICATE_FILE", .keyFile: "_KEY_FILE", .serverName: "_SERVER_NAME",
    ]
}
