public import MLServing
internal import MLServingCore

extension HealthConfiguration {
    /// Reads the configuration from the environment and environment files; `nil` when no port is given, and so no endpoint wanted.
    ///
    /// | key | form | default | |
    /// |---|---|---|---|
    /// | `HEALTH_PORT` | number | none | port of `/live`, `/ready` and `/metrics` |
    /// | `HEALTH_HOST` | IP address | `127.0.0.1` | address to listen on |
    /// | `HEALTH_BROKER_LIMIT` | s | 60 | how long the broker may not know the consumer |
    /// | `HEALTH_PROGRESS_LIMIT` | s | 300 | how long a prediction may run, and work wait without progress |
    ///
    /// - Throws: ``/MLServing/ConfigurationError`` that names the key, the value and the expected form.
    public init?(from reader: SettingsReader) throws(ConfigurationError) {
        guard reader.string("HEALTH_PORT") != nil else { return nil }
        let standard = HealthLimits()
        self.init(
            host: reader.string("HEALTH_HOST") ?? "127.0.0.1",
            port: try reader.integer("HEALTH_PORT", default: 0, in: 1...65_535),
            limits: HealthLimits(
                registration: try reader.seconds("HEALTH_BROKER_LIMIT", default: standard.registration),
                progress: try reader.seconds("HEALTH_PROGRESS_LIMIT", default: standard.progress)
            )
        )
    }
}
