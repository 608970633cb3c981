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

    /// The most bytes of a text, in UTF-8.
    public var maximumTextSize: Int

    /// How many requests are worked on at once; more are turned away.
    public var maximumConcurrentRequests: Int

    /// From how many texts on a request is large: a thread of its own clusters it.
    public var largeRequestTexts: Int

    /// How many large requests are worked on at once; more are turned away. Each holds its vectors and their distances.
    public var maximumConcurrentLargeRequests: Int

    /// How many texts are embedded in one request to the model; more are split, so that consumers share them.
    public var textsPerPart: Int

    /// How many parts of a request are under way at once.
    public var maximumConcurrentParts: Int

    /// How many threads read texts and cluster vectors of requests that are not large.
    public var threadCount: Int

    /// Configures the service.
    ///
    /// - Parameters:
    ///   - clustering: Which texts belong together.
    ///   - timeout: How long a request may take until its clustering begins.
    ///   - maximumBodySize: The largest body of a request, in bytes.
    ///   - maximumTexts: The most texts of a request.
    ///   - maximumTextSize: The most bytes of a text.
    ///   - maximumConcurrentRequests: How many requests are worked on at once.
    ///   - largeRequestTexts: From how many texts on a request is large.
    ///   - maximumConcurrentLargeRequests: How many large requests are worked on at once.
    ///   - textsPerPart: How many texts are embedded in one request to the model.
    ///   - maximumConcurrentParts: How many parts of a request are under way at once.
    ///   - threadCount: How many threads cluster.
    public init(
        clustering: ShortTextClustering,
        timeout: Duration = .seconds(30),
        maximumBodySize: Int = 1 << 20,
        maximumTexts: Int = 5_000,
        maximumTextSize: Int = 10_000,
        maximumConcurrentRequests: Int = 32,
        largeRequestTexts: Int = 1_000,
        maximumConcurrentLargeRequests: Int = 2,
        textsPerPart: Int = 256,
        maximumConcurrentParts: Int = 8,
        threadCount: Int = 2
    ) {
        self.clustering = clustering
        self.timeout = timeout
        self.maximumBodySize = maximumBodySize
        self.maximumTexts = maximumTexts
        self.maximumTextSize = maximumTextSize
        self.maximumConcurrentRequests = maximumConcurrentRequests
        self.largeRequestTexts = largeRequestTexts
        self.maximumConcurrentLargeRequests = maximumConcurrentLargeRequests
        self.textsPerPart = textsPerPart
        self.maximumConcurrentParts = maximumConcurrentParts
        self.threadCount = threadCount
    }
}
