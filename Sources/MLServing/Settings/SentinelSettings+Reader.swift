extension SentinelSettings {
    /// Reads settings; `nil` when no sentinels are named. ``ServingSettings/init(from:)`` lists the keys.
    static func read(from reader: SettingsReader) throws(ConfigurationError) -> SentinelSettings? {
        guard reader.string("REDIS_SENTINEL_NODES") != nil else { return nil }
        var settings = SentinelSettings(nodes: try reader.nodes("REDIS_SENTINEL_NODES", default: []))
        settings.masterName = reader.string("REDIS_SENTINEL_MASTER") ?? settings.masterName
        settings.user = reader.string("REDIS_SENTINEL_USER")
        settings.password = try reader.secret("REDIS_SENTINEL_PASSWORD").map { Secret($0) }
        return settings
    }
}
