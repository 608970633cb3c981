import MLServing
import Testing

@Suite("Settings that cannot work")
struct SettingsValidationTests {
    private func settings(_ values: [String: String]) throws(ConfigurationError) -> ServingSettings {
        try ServingSettings(from: SettingsReader(values: values))
    }

    @Test(arguments: [
        (["REDIS_USER": "alice"], "REDIS_USER"), (["REDIS_USER": "alice", "QUEUE_ONLY": "1"], "REDIS_USER"),
        (["REDIS_SENTINEL_NODES": "(a:1)", "REDIS_SENTINEL_USER": "alice"], "REDIS_SENTINEL_USER"),
        (["RABBIT_USER": "alice"], "RABBIT_USER"),
        (["QUEUE_NAME": "a\nb"], "QUEUE_NAME"), (["QUEUE_NAME": "a\u{1B}[2J"], "QUEUE_NAME"),
        (["QUEUE_NAME": String(repeating: "q", count: 241)], "QUEUE_NAME"),
        (["QUEUE_NAME": String(repeating: "é", count: 121)], "QUEUE_NAME"),
        (["QUEUE_NAME": "amq.queue"], "QUEUE_NAME"), (["CACHE_QUEUE_NAME": "task_queue"], "CACHE_QUEUE_NAME"),
        (["CACHE_QUEUE_NAME": String(repeating: "q", count: 256)], "CACHE_QUEUE_NAME"), (["EXCHANGE_NAME": "a\u{7F}b"], "EXCHANGE_NAME"),
        (["RABBIT_VHOST": String(repeating: "v", count: 256)], "RABBIT_VHOST"), (["RESULT_PREFIX": "a b"], "RESULT_PREFIX"),
        (["RESULT_PREFIX": "{a}"], "RESULT_PREFIX"), (["RESULT_PREFIX": "a*"], "RESULT_PREFIX"),
        (["RESULT_PREFIX": "a\tb"], "RESULT_PREFIX"),
        (["RESULT_PREFIX": "mlserving-control"], "RESULT_PREFIX"), (["RESULT_PREFIX": "mlserving:cancel"], "RESULT_PREFIX"),
        (["RESULT_PREFIX": "celery-task-meta-"], "RESULT_PREFIX"), (["RETRY_BASE_DELAY": "61"], "RETRY_BASE_DELAY"),
        (["RETRY_MAX_DELAY": "86401"], "RETRY_MAX_DELAY"), (["CELERY": "1", "CELERY_TASKS": ", ,"], "CELERY_TASKS"),
    ])
    func areRefusedByTheirKey(_ values: [String: String], _ key: String) throws {
        #expect(try #require(throws: ConfigurationError.self) { try settings(values) }.key == key)
    }

    /// What was meant for another key, such as the address of a server with its password, is not repeated.
    @Test(arguments: [
        ("RABBIT_VHOST", "amqp://u:s3cret@h/"), ("QUEUE_NAME", "amqp://u:s3cret@h/q"), ("RABBIT_HEARTBEAT_TIMEOUT", "amqp://u:s3cret@h/"),
        ("REDIS_DATABASE", "redis://:s3cret@h/0"), ("REDIS_NODES", "(h:6379,password=s3cret)"), ("REDIS_NODES", "redis://:s3cret@h:1"),
        ("RABBIT_NODES", "(h%40s3cret)"), ("EXCHANGE_NAME", "h:6379,password=s3cret"), ("REDIS_USER", "h:1,PASSWORD=s3cret"),
        ("RESULT_PREFIX", "redis://:s3cret@h/{0}"), ("RABBIT_PORT", "user:s3cret@5672"), ("CELERY", "amqp://u:s3cret@h/"),
        ("LOG_LEVEL", "amqp://u:s3cret@h/"), ("QUEUE_NAME", String(repeating: "q", count: 241) + "@s3cret"),
    ])
    func passwordsInTheWrongPlaceAreNotShown(_ key: String, _ value: String) {
        do {
            _ = try settings([key: value])
        } catch {
            #expect(!"\(error)".contains("s3cret"), "\(error)")
            #expect(error.key == key)
            return
        }
        #expect(["RABBIT_PORT", "LOG_LEVEL"].contains(key), "it was accepted")
    }

    private static let switches = [
        "REDIS_CLUSTER", "QUEUE_ONLY", "COMPRESSION", "CELERY", "CELERY_TASK_EVENTS", "RABBIT_TLS", "REDIS_TLS",
    ]

    @Test(arguments: switches, ["1", "true", "yes", "on", "0", "false", "no", "off", "TRUE", "Yes", "oFF"])
    func switchesAreReadInAnyCase(_ key: String, _ value: String) throws {
        let isOn = ["1", "true", "yes", "on"].contains(value.lowercased())
        #expect(try SettingsReader(values: [key: value]).flag(key, default: !isOn) == isOn)
        _ = try settings([key: value])
    }

    @Test(arguments: switches, ["2", "-1", "01", "1.0", "y", "n", "t", "enabled", "ja", "0x1", "+1", "true false"])
    func otherValuesOfSwitchesAreRefusedByTheirKey(_ key: String, _ value: String) throws {
        var values = [key: value]
        values["CELERY"] = key == "CELERY_TASK_EVENTS" ? "1" : values["CELERY"]
        let error = try #require(throws: ConfigurationError.self) { try settings(values) }
        #expect(error.key == key)
        #expect(error.message.contains("1, true, yes, on, 0, false, no or off"), "\(error)")
    }

    @Test(
        arguments: [
            "RABBIT_BLOCKED_CONNECTION_TIMEOUT", "REDIS_TTL", "GRACE_PERIOD", "RETRY_BASE_DELAY", "RETRY_MAX_DELAY",
            "CACHE_POOLING_TIMEOUT",
            "RABBIT_TTL", "RABBIT_HEARTBEAT_TIMEOUT", "RESULT_CACHE_TTL", "MAX_BATCH_DELAY", "TARGET_LATENCY", "PREFETCH_COUNT",
            "MAX_IN_FLIGHT",
            "MAX_QUEUE_LENGTH", "COMPRESSION_MINIMUM", "COALESCE", "COALESCE_WINDOW_MS", "REDIS_DATABASE", "MAX_CRASHES",
        ], ["nan", "inf", "-inf", "1e300", "-1", "1e-300", "99999999999999999999999", "0x", "1,5", "٣", "0x1", "0x1p0", "+1", "1_0"])
    func numbersThatAreNoneAreRefused(_ key: String, _ value: String) throws {
        #expect(try #require(throws: ConfigurationError.self) { try settings([key: value]) }.key == key)
    }

    @Test func longestTimesAreNoTrap() throws {
        let settings = try settings([
            "GRACE_PERIOD": "1e9", "REDIS_TTL": "1e9", "RABBIT_TTL": "1000000000000", "CACHE_POOLING_TIMEOUT": "0.001",
        ])
        #expect(settings.producer.timeout == .seconds(1_000_000_000))
    }

    @Test(arguments: ["modèle", "очередь", "a b", "a/b", String(repeating: "q", count: 240)])
    func namesThatTheServersTakeAreTaken(_ name: String) throws {
        #expect(try settings(["QUEUE_NAME": name]).consumer.queue.name == name)
    }

    @Test func userWithAPasswordAndAPlainPrefixAreTaken() throws {
        #expect(throws: Never.self) {
            try settings(["REDIS_USER": "alice", "REDIS_PASSWORD": "s3cret", "RESULT_PREFIX": "team-a:über_1.x"])
        }
    }

    @Test func errorShowsTheBeginningOfALongValueOnly() {
        let error = #expect(throws: ConfigurationError.self) { try settings(["PREFETCH_COUNT": String(repeating: "9", count: 100_000)]) }
        #expect((error?.message.utf8.count ?? .max) < 300)
    }
}
