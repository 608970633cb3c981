internal import JSON
internal import MLServingCore
internal import PrometheusMetrics

/// What is answered to whom.
struct HealthResponder: Sendable {
    /// Whose health it is.
    enum Subject: Sendable {
        case consumer(ConsumerHealth, HealthLimits)
        case host(ModelHost, HealthLimits)
        case service(@Sendable () -> ServiceHealth)
    }

    private enum Question {
        case live
        case ready
    }

    let subject: Subject
    let metrics: PrometheusRegistry?

    func response(to request: HTTPRequest) -> HTTPResponse {
        let answer: (() -> HTTPResponse)? =
            switch request.path {
            case "/live": { report(.live) }
            case "/ready": { report(.ready) }
            case "/metrics": metrics.map { metrics in { page(of: metrics) } }
            default: nil
            }
        guard let answer else { return .plain(.notFound) }
        guard request.method == "GET" || request.method == "HEAD" else {
            var refusal = HTTPResponse.plain(.methodNotAllowed)
            refusal.fields = [("Allow", "GET, HEAD")]
            return refusal
        }
        return answer()
    }

    private func report(_ question: Question) -> HTTPResponse {
        switch subject {
        case .consumer(let health, let limits):
            let report = health.report(limits: limits)
            let problems = question == .live ? report.livenessProblems : report.readinessProblems
            return response(HealthDocument(report, problems: problems), isGood: problems.isEmpty)
        case .host(let host, let limits):
            let document = HostHealthDocument(host.models.map { ($0.address, $0.health.report(limits: limits)) })
            return response(document, isGood: question == .live ? document.live : document.ready)
        case .service(let report):
            let health = report()
            // What is not live cannot be ready.
            let problems = health.livenessProblems + (question == .live ? [] : health.readinessProblems)
            return response(ServiceHealthDocument(health, problems: problems), isGood: problems.isEmpty)
        }
    }

    private func response(_ document: some Encodable, isGood: Bool) -> HTTPResponse {
        // Nothing in it could fail to encode; an empty body beside the right status is still an answer.
        var body = (try? JSONWriter(sortsNames: true).encode(document)) ?? []
        body.append(UInt8(ascii: "\n"))
        return HTTPResponse(status: isGood ? .ok : .unavailable, contentType: "application/json", body: body)
    }

    private func page(of metrics: PrometheusRegistry) -> HTTPResponse {
        HTTPResponse(status: .ok, contentType: PrometheusRegistry.contentType, body: metrics.exposition())
    }
}
