public import MLServing
internal import TextModels

extension ClusteringConfiguration {
    /// Reads the configuration of the service.
    ///
    /// | key | form | default | meaning |
    /// |---|---|---|---|
    /// | `COSINE_THRSH` | 0 to 2 | 0.65 | texts at this cosine distance or farther apart belong to different clusters |
    /// | `MIN_CLUSTER_SIZE` | number | 3 | the fewest texts that make a cluster |
    /// | `REQUEST_TIMEOUT` | s | 30 | how long a request may take; `RABBIT_TTL` counts when it is shorter |
    /// | `MAX_BODY_BYTES` | number | 1048576 | the largest body of a request |
    /// | `MAX_TEXTS` | number | 5000 | the most texts of a request |
    /// | `MAX_TEXT_BYTES` | number | 10000 | the largest text |
    /// | `MAX_REQUESTS` | number | 32 | requests that are worked on at once |
    /// | `LARGE_REQUEST_TEXTS` | number | 1000 | from how many texts on a request is large |
    /// | `MAX_LARGE_REQUESTS` | number | 2 | large requests that are worked on at once |
    /// | `TEXTS_PER_REQUEST` | number | 256 | texts that are embedded in one request to the model |
    /// | `MAX_PARALLEL_REQUESTS` | number | 8 | such requests that are under way at once, for each request to the service |
    /// | `CLUSTER_THREADS` | number | 2 | threads that cluster |
    ///
    /// - Throws: `ConfigurationError` that names the key, the value and the expected form.
    public init(from reader: SettingsReader) throws(ConfigurationError) {
        let threshold = try reader.double("COSINE_THRSH", default: 0.65, in: 0...2)
        let maximumTexts = try reader.integer("MAX_TEXTS", default: 5_000, in: 1...100_000)
        let clustering: ShortTextClustering
        do {
            clustering = try ShortTextClustering(
                distanceThreshold: Float(threshold),
                minimumClusterSize: try reader.integer("MIN_CLUSTER_SIZE", default: 3, in: 1 ... .max),
                maximumCount: maximumTexts
            )
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ConfigurationError(key: "COSINE_THRSH", message: "\(error)")
        }
        let queueTimeout = try reader.milliseconds("RABBIT_TTL", default: .seconds(60))
        self.init(
            clustering: clustering,
            timeout: min(queueTimeout, try reader.seconds("REQUEST_TIMEOUT", default: .seconds(30))),
            maximumBodySize: try reader.integer("MAX_BODY_BYTES", default: 1 << 20, in: 1...1 << 30),
            maximumTexts: maximumTexts,
            maximumTextSize: try reader.integer("MAX_TEXT_BYTES", default: 10_000, in: 1...1 << 30),
            maximumConcurrentRequests: try reader.integer("MAX_REQUESTS", default: 32, in: 1...65_535),
            largeRequestTexts: try reader.integer("LARGE_REQUEST_TEXTS", default: 1_000, in: 1...100_000),
            maximumConcurrentLargeRequests: try reader.integer("MAX_LARGE_REQUESTS", default: 2, in: 1...1_024),
            textsPerPart: try reader.integer("TEXTS_PER_REQUEST", default: 256, in: 1...100_000),
            maximumConcurrentParts: try reader.integer("MAX_PARALLEL_REQUESTS", default: 8, in: 1...1_024),
            threadCount: try reader.integer("CLUSTER_THREADS", default: 2, in: 1...1_024)
        )
    }
}
