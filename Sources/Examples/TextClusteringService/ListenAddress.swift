public import MLServing

/// Where the service listens.
public struct ListenAddress: Sendable, Hashable {
    /// An IP address, or a name that the system knows.
    public let host: String
    /// The port; 0 takes one that is free.
    public let port: Int

    /// Reads the address.
    ///
    /// | key | form | default | meaning |
    /// |---|---|---|---|
    /// | `HTTP_HOST` | address | 127.0.0.1 | the default is reached from this machine only |
    /// | `HTTP_PORT` | number | 5000 | 0 takes one that is free |
    ///
    /// - Throws: `ConfigurationError` that names the key, the value and the expected form.
    public init(from reader: SettingsReader) throws(ConfigurationError) {
        host = reader.string("HTTP_HOST") ?? "127.0.0.1"
        port = try reader.integer("HTTP_PORT", default: 5_000, in: 0...65_535)
    }
}
