internal import JSON
internal import MLServingCore
internal import PrometheusMetrics

/// What is answered to whom.
struct HealthResponder: Sendable {
    let health: ConsumerHealth
    let limits: HealthLimits
    let metrics: PrometheusRegistry?

    func response(to request: HTTPRequest) -> HTTPResponse {
        let answer: (() -> HTTPResponse)? =
            switch request.path {
            case "/live": { report(\.livenessProblems) }
            case "/ready": { report(\.readinessProblems) }
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

    private func report(_ part: KeyPath<HealthReport, [HealthProblem]>) -> HTTPResponse {
        let report = health.report(limits: limits)
        let problems = report[keyPath: part]
        // Nothing in it could fail to encode; an empty body beside the right status is still an answer.
        var body = (try? JSONWriter(sortsNames: true).encode(HealthDocument(report, problems: problems))) ?? []
        body.append(UInt8(ascii: "\n"))
        return HTTPResponse(status: problems.isEmpty ? .ok : .unavailable, contentType: "application/json", body: body)
    }

    private func page(of metrics: PrometheusRegistry) -> HTTPResponse {
        HTTPResponse(status: .ok, contentType: PrometheusRegistry.contentType, body: metrics.exposition())
    }
}
