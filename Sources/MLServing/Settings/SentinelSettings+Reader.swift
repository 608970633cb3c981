extension SentinelSettings {
    /// Reads settings; `nil` when no sentinels are named. ``SettingKey/all`` lists the keys.
    static func read(from reader: SettingsReader) throws(ConfigurationError) -> SentinelSettings? {
        guard reader.string("REDIS_SENTINEL_NODES") != nil else { return nil }
        var settings = SentinelSettings(nodes: try reader.nodes("REDIS_SENTINEL_NODES", default: []))
        settings.masterName = reader.string("REDIS_SENTINEL_MASTER") ?? settings.masterName
        settings.user = reader.string("REDIS_SENTINEL_USER")
        settings.password = try reader.secret("REDIS_SENTINEL_PASSWORD").map { Secret($0) }
        if settings.user != nil, settings.password == nil {
            throw reader.error(
                "REDIS_SENTINEL_USER", "needs REDIS_SENTINEL_PASSWORD or REDIS_SENTINEL_PASSWORD_FILE: a user logs in by a password")
        }
        return settings
    }
}
