internal import MLServing

// One line a key, so that the table reads as one.
// swift-format-ignore
extension SettingKey {
    /// The keys that only this service reads.
    static let clustering: [SettingKey] = [
        SettingKey("HTTP_HOST", "address", "127.0.0.1", .producers, "where to listen; 0.0.0.0 or :: for all interfaces"),
        SettingKey("HTTP_PORT", "0 to 65535", "5000", .producers, "the port; 0 takes one that is free"),
        SettingKey("COSINE_THRSH", "0 to 2", "0.65", .producers, "the cosine distance from which on clusters stay apart"),
        SettingKey("MIN_CLUSTER_SIZE", "number", "3", .producers, "the fewest texts that make a cluster"),
        SettingKey("REQUEST_TIMEOUT", "s", "30", .producers, "how long a request may take; RABBIT_TTL counts when it is shorter"),
        SettingKey("MAX_BODY_BYTES", "bytes", "1048576", .producers, "the largest body of a request"),
        SettingKey("MAX_TEXTS", "number", "5000", .producers, "the most texts of a request"),
        SettingKey("MAX_TEXT_BYTES", "bytes", "10000", .producers, "the largest text"),
        SettingKey("MAX_REQUESTS", "number", "32", .producers, "requests worked on at once"),
        SettingKey("LARGE_REQUEST_TEXTS", "number", "1000", .producers, "from how many texts on a request is large"),
        SettingKey("MAX_LARGE_REQUESTS", "number", "2", .producers, "large requests worked on at once"),
        SettingKey("TEXTS_PER_REQUEST", "number", "256", .producers, "texts that the model gets in one request"),
        SettingKey("MAX_PARALLEL_REQUESTS", "number", "8", .producers, "such requests at once for each request to the service"),
        SettingKey("CLUSTER_THREADS", "number", "2", .producers, "threads that cluster"),
        SettingKey("MAX_CONNECTIONS", "number", "1024", .producers, "connections at once"),
        SettingKey("MAX_CONNECTIONS_PER_ADDRESS", "number", "64", .producers, "those of one client"),
        SettingKey("HEADER_TIMEOUT", "s", "10", .producers, "how long the head of a request may take"),
        SettingKey("BODY_TIMEOUT", "s", "30", .producers, "how long the body of a request may take"),
        SettingKey("MIN_BODY_RATE", "bytes", "1000", .producers, "bytes of a body that have to come each second"),
        SettingKey("IDLE_TIMEOUT", "s", "60", .producers, "how long a client may ask nothing"),
        SettingKey("WRITE_TIMEOUT", "s", "30", .producers, "how long a client may take nothing of an answer"),
        SettingKey("HTTP_HEALTH_PORT", "0 to 65535", nil, .producers, "where /live and /ready are answered apart from the crowd, at HEALTH_HOST"),
        SettingKey("TRUSTED_PROXIES", "(address …)", nil, .producers, "proxies, or CIDR ranges, whose X-Forwarded-For and Forwarded count"),
        SettingKey("MODEL_PATH", "file", nil, .producers, "the fastText model, with --embedded"),
    ]
}
