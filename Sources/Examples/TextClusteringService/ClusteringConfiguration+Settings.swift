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
    /// | `MAX_REQUESTS` | number | 32 | requests that are worked on at once |
    /// | `CLUSTER_THREADS` | number | 2 | threads that cluster |
    ///
    /// - Throws: `ConfigurationError` that names the key, the value and the expected form.
    public init(from reader: SettingsReader) throws(ConfigurationError) {
        let threshold = try reader.double("COSINE_THRSH", default: 0.65, in: 0...2)
        let clustering: ShortTextClustering
        do {
            clustering = try ShortTextClustering(
                distanceThreshold: Float(threshold),
                minimumClusterSize: try reader.integer("MIN_CLUSTER_SIZE", default: 3, in: 1 ... .max)
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
            maximumTexts: try reader.integer("MAX_TEXTS", default: 5_000, in: 1...100_000),
            maximumConcurrentRequests: try reader.integer("MAX_REQUESTS", default: 32, in: 1...65_535),
            threadCount: try reader.integer("CLUSTER_THREADS", default: 2, in: 1...1_024)
        )
    }
}
