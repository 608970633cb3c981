internal import EventLoop
internal import MLServing
internal import Synchronization
internal import TextModels

/// Clusters texts by what they mean: preprocesses them, has them embedded, and clusters the vectors.
///
/// What computes runs on threads of its own, so however large the requests are that are worked on, others are answered meanwhile.
final class TextClusterer: Sendable {
    private let embedder: any TextEmbedder
    private let configuration: ClusteringConfiguration
    private let preprocessor = TextPreprocessor()
    private let threads: ThreadPool
    private let requestCount = Mutex(0)

    init(embedder: any TextEmbedder, configuration: ClusteringConfiguration) {
        self.embedder = embedder
        self.configuration = configuration
        threads = ThreadPool(threadCount: configuration.threadCount, name: "clustering")
    }

    /// Clusters the texts of a JSON object of id and text.
    ///
    /// - Throws: ``TextCollectionError``, what the embedder throws, ``ServingError`` with `overloaded` or `expired`, ``ClusteringError``.
    func clusters(ofTextsIn json: [UInt8]) async throws -> TextClusters {
        try admit()
        defer { requestCount.withLock { $0 -= 1 } }
        let deadline = ContinuousClock.now + configuration.timeout
        let (collection, words) = try await onThread { [preprocessor, configuration] in
            let collection = try TextCollection(json: json, maximumCount: configuration.maximumTexts)
            return (collection, collection.texts.map(preprocessor.preprocess))
        }
        guard !collection.ids.isEmpty else { throw TextCollectionError(.wrongShape, "the object is empty; at least one text is wanted") }
        let vectors = try await embedder.embeddings(of: words, timeout: deadline - .now)
        return try await onThread { [configuration] in
            guard ContinuousClock.now < deadline else {
                throw ServingError(code: .expired, message: "no thread was free in time to cluster")
            }
            guard vectors.count == collection.ids.count else {
                let message = "\(vectors.count) vectors came for \(collection.ids.count) texts"
                throw ServingError(code: .invalidOutput, message: message)
            }
            return TextClusters(ids: collection.ids, labels: try configuration.clustering.labels(of: vectors))
        }
    }

    /// Counts a request in, or turns it away: requests are not queued here, for whoever sends them knows better whether to wait.
    private func admit() throws {
        try requestCount.withLock { count in
            guard count < configuration.maximumConcurrentRequests else {
                throw ServingError(code: .overloaded, message: "\(count) requests are being worked on", isRetryable: true)
            }
            count += 1
        }
    }

    private func onThread<Value: Sendable>(_ work: @Sendable () throws -> Value) async throws -> Value {
        try await withTaskExecutorPreference(threads) { try work() }
    }
}
