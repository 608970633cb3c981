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
/// | 400 | no body, or it is not JSON |
/// | 404, 405 | no such path; no such method there |
/// | 413 | the body is too large, or there are too many texts |
/// | 415 | a content type is given that is not JSON |
/// | 422 | JSON, and not an object of id and text; the object is empty; an id occurs twice; a text is too long; a parameter is wrong |
/// | 502 | the model failed, or what it returned cannot be clustered |
/// | 503 | no model is being served, the broker or the store cannot be reached, or there is too much work; see `Retry-After` |
/// | 504 | the model did not answer in time |
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
        let options = try ClusteringOptions(query: request.uri.queryParameters, default: configuration.clustering)
        try clusterer.checkLoad()
        let json = try await body(of: request, limit: configuration.maximumBodySize)
        let start = ContinuousClock.now
        let job = try await clusterer.job(ofTextsIn: json, options: options)
        let logger = context.logger
        let work = { @Sendable (job: ClusteringJob, progress: @Sendable (ClusteringProgress) -> Void) async throws -> ClusteringOutcome in
            let outcome = try await clusterer.outcome(of: job, progress: progress)
            log(outcome.clusters, duration: ContinuousClock.now - start, to: logger)
            return outcome
        }
        if request.names(contentType: "application/x-ndjson") { return .progress(of: job, logger: logger, work: work) }
        return .json(try await work(job) { _ in }.json)
    }
    return router
}

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

/// The body of a request for JSON.
private func body(of request: Request, limit: Int) async throws -> [UInt8] {
    if let type = request.headers[.contentType], !isJSON(type) {
        throw HTTPFailure(.unsupportedMediaType, "the content type is \(type); application/json is wanted")
    }
    let tooLarge = HTTPFailure(.contentTooLarge, "the body is larger than \(limit) bytes")
    // What is announced as too large is not read at all.
    guard request.headers[.contentLength].flatMap(Int.init) ?? 0 <= limit else { throw tooLarge }
    var bytes: [UInt8] = []
    for try await part in request.body {
        guard bytes.count + part.readableBytes <= limit else { throw tooLarge }
        bytes.append(contentsOf: part.readableBytesView)
    }
    guard !bytes.isEmpty else { throw HTTPFailure(.badRequest, "the body is missing; an object of id and text is wanted, in JSON") }
    return bytes
}

private func isJSON(_ contentType: String) -> Bool {
    let type = contentType.prefix { $0 != ";" }.split(separator: " ").joined().lowercased()
    return type == "application/json" || type == "text/json" || type.hasSuffix("+json")
}
