internal import EventLoop
internal import MLServing
internal import TextModels

/// Clusters texts by what they mean: preprocesses them, has them embedded, and clusters the vectors.
///
/// What computes runs on threads of its own, so however large the requests are that are worked on, others are answered meanwhile. Large
/// requests have a thread to themselves, so small ones do not wait for them.
final class TextClusterer: Sendable {
    private let embedding: PartwiseEmbedding
    private let configuration: ClusteringConfiguration
    private let preprocessor = TextPreprocessor()
    private let threads: ThreadPool
    private let threadOfLargeRequests: ThreadPool
    private let admission: Admission

    init(embedder: any TextEmbedder, configuration: ClusteringConfiguration) {
        embedding = PartwiseEmbedding(
            embedder: embedder, textsPerPart: configuration.textsPerPart, maximumConcurrentParts: configuration.maximumConcurrentParts)
        self.configuration = configuration
        threads = ThreadPool(threadCount: configuration.threadCount, name: "clustering")
        threadOfLargeRequests = ThreadPool(threadCount: 1, name: "clustering-large")
        admission = Admission(
            maximumRequests: configuration.maximumConcurrentRequests,
            maximumLargeRequests: configuration.maximumConcurrentLargeRequests)
    }

    /// Throws if there is too much work for another request.
    func checkLoad() throws {
        try admission.check()
    }

    /// Finds a request its place, before its body is read.
    ///
    /// - Parameter connection: What the request comes over.
    /// - Throws: ``ServingError`` with `overloaded`.
    func admit(_ connection: ClientConnection?) throws -> Admission.Place {
        guard let connection else { return try admission.admit() }
        return try admission.admitReader(of: connection.client) { connection.refuseBody(.crowdedOut) }
    }

    /// Takes a request: reads the texts.
    ///
    /// - Parameters:
    ///   - json: A JSON object of id and text.
    ///   - options: What else the request asks for.
    ///   - place: The request's place; `nil` finds it one.
    /// - Throws: ``TextCollectionError``, ``ServingError`` with `overloaded`.
    func job(ofTextsIn json: [UInt8], options: ClusteringOptions, in place: Admission.Place? = nil) async throws -> ClusteringJob {
        let place = try place ?? admission.admit()
        let deadline = ContinuousClock.now + configuration.timeout
        return try await on(threads) { [preprocessor, configuration] in
            let collection = try TextCollection(
                json: json, maximumCount: configuration.maximumTexts, maximumTextSize: configuration.maximumTextSize)
            guard !collection.ids.isEmpty else {
                throw TextCollectionError(.wrongShape, "the object is empty; at least one text is wanted")
            }
            let isLarge = collection.ids.count >= configuration.largeRequestTexts
            if isLarge { try place.becomeLarge() }
            return ClusteringJob(
                collection: collection, words: collection.texts.map(preprocessor.preprocess), options: options, isLarge: isLarge,
                deadline: deadline, place: place)
        }
    }

    /// Does the work, and gives the job's place back.
    ///
    /// - Parameters:
    ///   - job: What ``job(ofTextsIn:options:)`` made.
    ///   - progress: Is told how far the work has come.
    /// - Throws: What the embedder throws, ``ServingError`` with `expired` or `invalidOutput`, ``ClusteringError``.
    func outcome(
        of job: ClusteringJob, progress: @Sendable (ClusteringProgress) -> Void
    ) async throws -> ClusteringOutcome {
        defer { job.place.leave() }
        let count = job.words.count
        progress(ClusteringProgress(stage: .embedding, done: 0, total: count))
        let vectors = try await embedding.embeddings(of: job.words, until: job.deadline) { done in
            progress(ClusteringProgress(stage: .embedding, done: done, total: count))
        }
        progress(ClusteringProgress(stage: .clustering, done: 0, total: count))
        return try await on(job.isLarge ? threadOfLargeRequests : threads) {
            guard ContinuousClock.now < job.deadline else {
                throw ServingError(code: .expired, message: "no thread was free in time to cluster")
            }
            // Ends soon after whoever asked has gone.
            let labels = try job.options.clustering.labels(of: vectors) { share in
                progress(ClusteringProgress(stage: .clustering, done: Int(share * Double(count)), total: count))
            }
            let details =
                try job.options.withDetails
                ? ClusterDetails(
                    ids: job.collection.ids, words: job.words, vectors: vectors, labels: labels, withPositions: job.options.withPositions)
                : nil
            return ClusteringOutcome(clusters: TextClusters(ids: job.collection.ids, labels: labels), details: details)
        }
    }

    private func on<Value: Sendable>(_ threads: ThreadPool, _ work: @Sendable () throws -> Value) async throws -> Value {
        try await withTaskExecutorPreference(threads) { try work() }
    }
}
