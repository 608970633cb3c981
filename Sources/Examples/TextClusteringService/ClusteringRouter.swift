public import Hummingbird
internal import Logging

/// The service that clusters short texts, as routes of an HTTP server.
///
/// | request | answer |
/// |---|---|
/// | `GET /` | `OK`, as soon as the service runs; to a browser a page that clusters pasted texts |
/// | `POST /api/v1/predict`, a JSON object of id and text | a JSON object of label and ids: `{"-1": ["m"], "0": ["a", "b", "c"]}` |
///
/// Labels count from 0 in the order in which the clusters' first texts appear in the request; texts that belong to no cluster have the
/// label −1. Ids keep the order of the request. Parameters of the address and a stream of the progress are told of in
/// `docs/clustering-service.md`.
///
/// Any other answer is `{"Error": "…"}`:
///
/// | status | when |
/// |---|---|
/// | 400 | no body, or it is not JSON; the query is malformed |
/// | 404, 405 | no such path; no such method there |
/// | 413 | the body is too large, or there are too many texts |
/// | 415 | a content type is given that is not JSON, or a content encoding |
/// | 422 | JSON, and not an object of id and text; the object is empty; an id occurs twice; a text is too long; a parameter is wrong |
/// | 500 | anything unforeseen; the log has it |
/// | 502 | the model failed, or what it returned cannot be clustered |
/// | 503 | no model is being served, the broker or the store cannot be reached, or there is too much work; see `Retry-After` |
/// | 504 | the model did not answer in time |
///
/// What concerns HTTP itself is answered before the router: see ``Hummingbird/HTTPServerBuilder/guarded(by:)``, by which the router is to be
/// served.
///
/// - Parameters:
///   - embedder: What turns the texts into vectors; a `ProducerClient<String, [Float]>` is one.
///   - configuration: How texts are clustered, and what a request may ask for.
public func clusteringRouter(
    embedder: any TextEmbedder, configuration: ClusteringConfiguration
) -> Router<BasicRequestContext> {
    let clusterer = TextClusterer(embedder: embedder, configuration: configuration)
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.addMiddleware {
        TracingMiddleware()
        MetricsMiddleware()
        ErrorResponses(allowedMethods: [
            "/": [.get, .head], "/page.css": [.get, .head], "/page.js": [.get, .head], "/api/v1/predict": [.post],
        ])
    }
    addPage(to: router)
    router.post("/api/v1/predict") { request, context -> Response in
        let options = try ClusteringOptions(query: QueryParameters(request.uri.query), default: configuration.clustering)
        let limit = configuration.maximumBodySize
        try request.checkJSONBody(limit: limit)
        let connection = ClientConnection.current
        let place = try clusterer.admit(connection)
        connection?.readBody()
        let json = try await request.jsonBody(limit: limit)
        try place.finishReading()
        let start = ContinuousClock.now
        let job = try await clusterer.job(ofTextsIn: json, options: options, in: place)
        let logger = context.logger
        let work: ClusteringWork = { job, progress in
            let cluster = { @Sendable in try await clusterer.outcome(of: job, progress: progress) }
            let outcome = if let connection { try await connection.whileOpen(cluster) } else { try await cluster() }
            log(outcome.clusters, duration: ContinuousClock.now - start, to: logger)
            return outcome
        }
        if request.names(contentType: "application/x-ndjson") { return .progress(of: job, logger: logger, work: work) }
        return .json(try await work(job) { _ in }.json)
    }
    return router
}

/// Does a job, and tells how far it is.
typealias ClusteringWork =
    @Sendable (ClusteringJob, @escaping @Sendable (ClusteringProgress) -> Void) async throws -> ClusteringOutcome

private func log(_ clusters: TextClusters, duration: Duration, to logger: Logger) {
    logger.info(
        "Clustered",
        metadata: [
            "texts": "\(clusters.textCount)", "clusters": "\(clusters.clusterCount)", "unclustered": "\(clusters.unclusteredCount)",
            "duration": "\(duration)",
        ]
    )
}

/// The page for browsers, whose address answers `OK` to everything else.
private func addPage(to router: Router<BasicRequestContext>) {
    router.get("/") { request, _ in
        request.names(contentType: "text/html")
            ? ClusteringPage.document
            : Response(
                status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .vary: "Accept"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "OK")))
    }
    router.get("/page.css") { _, _ in ClusteringPage.styles }
    router.get("/page.js") { _, _ in ClusteringPage.script }
}
