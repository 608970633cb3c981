internal import MLServingCore

/// The health of a host's models as JSON.
struct HostHealthDocument: Encodable {
    let live: Bool
    let ready: Bool
    /// By the models' names.
    let models: [String: HealthDocument]

    init(_ reports: [(address: ModelAddress, report: HealthReport)]) {
        // A model that has ended has failed, and would fail again: that is no reason to restart the others.
        live = reports.allSatisfy { $0.report.isLive || $0.report.hasEnded }
        ready = !reports.isEmpty && reports.allSatisfy { $0.report.isReady }
        models = Dictionary(
            uniqueKeysWithValues: reports.map { ("\($0.address)", HealthDocument($0.report, problems: $0.report.readinessProblems)) })
    }
}

extension HealthReport {
    fileprivate var hasEnded: Bool { livenessProblems.contains { $0.code == .ended } }
}
