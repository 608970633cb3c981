public import MLServing

extension ConnectionLimits {
    /// Reads the limits.
    ///
    /// | key | form | default | meaning |
    /// |---|---|---|---|
    /// | `MAX_CONNECTIONS` | number | 1024 | connections that are open at once |
    /// | `MAX_CONNECTIONS_PER_ADDRESS` | number | 64 | of them, those of one client |
    /// | `HEADER_TIMEOUT` | s | 10 | how long the head of a connection's first request may take |
    /// | `BODY_TIMEOUT` | s | 30 | how long a body may take |
    /// | `MIN_BODY_RATE` | bytes/s | 1000 | how fast a body has to come after its first 5 s |
    /// | `IDLE_TIMEOUT` | s | 60 | how long a connection stays open for the next request |
    /// | `WRITE_TIMEOUT` | s | 30 | how long a client may take none of a response |
    /// | `TRUSTED_PROXIES` | addresses and CIDR ranges | none | whose `X-Forwarded-For` and `Forwarded` name the client |
    ///
    /// - Throws: `ConfigurationError` that names the key, the value and the expected form.
    public init(from reader: SettingsReader) throws(ConfigurationError) {
        self.init(
            maximumConnections: try reader.integer("MAX_CONNECTIONS", default: 1_024, in: 1...1_000_000),
            maximumConnectionsPerClient: try reader.integer("MAX_CONNECTIONS_PER_ADDRESS", default: 64, in: 1...1_000_000),
            headTimeout: try reader.seconds("HEADER_TIMEOUT", default: .seconds(10)),
            bodyTimeout: try reader.seconds("BODY_TIMEOUT", default: .seconds(30)),
            minimumBodyRate: try reader.integer("MIN_BODY_RATE", default: 1_000, in: 1...1 << 30),
            idleTimeout: try reader.seconds("IDLE_TIMEOUT", default: .seconds(60)),
            writeTimeout: try reader.seconds("WRITE_TIMEOUT", default: .seconds(30))
        )
        if let text = reader.string("TRUSTED_PROXIES") {
            guard let proxies = TrustedProxies(text) else {
                throw ConfigurationError(
                    key: "TRUSTED_PROXIES",
                    message: "is \"\(text)\"; expected IP addresses and ranges, such as 10.0.0.0/8 ::1, separated by spaces or commas")
            }
            trustedProxies = proxies
        }
    }
}
