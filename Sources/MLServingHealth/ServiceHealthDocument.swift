internal import MLServingCore

/// The health of a service as JSON.
struct ServiceHealthDocument: Encodable {
    let live: Bool
    let ready: Bool
    /// Why the answer is what it is.
    let problems: [HealthDocument.Problem]

    init(_ health: ServiceHealth, problems: [HealthProblem]) {
        live = health.livenessProblems.isEmpty
        ready = live && health.readinessProblems.isEmpty
        self.problems = problems.map { HealthDocument.Problem(code: $0.code.rawValue, message: $0.message) }
    }
}
