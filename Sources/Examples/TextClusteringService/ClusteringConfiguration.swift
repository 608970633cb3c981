public import TextModels

/// How texts are clustered, and what a request may ask of the service.
public struct ClusteringConfiguration: Sendable {
    /// Which texts belong together.
    public var clustering: ShortTextClustering

    /// How long a request may take until its clustering begins.
    public var timeout: Duration

    /// The largest body of a request, in bytes.
    public var maximumBodySize: Int

    /// The most texts of a request. The work and the memory that it takes grow with the square of it: 5,000 texts take 50 MB.
    public var maximumTexts: Int

    /// How many requests are worked on at once; more are turned away.
    public var maximumConcurrentRequests: Int

    /// How many threads read texts and cluster vectors.
    public var threadCount: Int

    /// Configures the service.
    ///
    /// - Parameters:
    ///   - clustering: Which texts belong together.
    ///   - timeout: How long a request may take until its clustering begins.
    ///   - maximumBodySize: The largest body of a request, in bytes.
    ///   - maximumTexts: The most texts of a request.
    ///   - maximumConcurrentRequests: How many requests are worked on at once.
    ///   - threadCount: How many threads cluster.
    public init(
        clustering: ShortTextClustering,
        timeout: Duration = .seconds(30),
        maximumBodySize: Int = 1 << 20,
        maximumTexts: Int = 5_000,
        maximumConcurrentRequests: Int = 32,
        threadCount: Int = 2
    ) {
        self.clustering = clustering
        self.timeout = timeout
        self.maximumBodySize = maximumBodySize
        self.maximumTexts = maximumTexts
        self.maximumConcurrentRequests = maximumConcurrentRequests
        self.threadCount = threadCount
    }
}
