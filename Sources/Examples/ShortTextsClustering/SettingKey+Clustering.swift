internal import MLServing

// One line a key, so that the table reads as one.
// swift-format-ignore
extension SettingKey {
    /// The keys that only this service reads.
    static let clustering: [SettingKey] = [
        SettingKey("HTTP_HOST", "address", "0.0.0.0", .producers, "where to listen"),
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
        SettingKey("MODEL_PATH", "file", nil, .producers, "the fastText model, with --embedded"),
    ]
}
