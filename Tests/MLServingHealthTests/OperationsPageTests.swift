import Foundation
import PrometheusMetrics
import Testing

@testable import MLServingHealth

@Suite("Operations page")
struct OperationsPageTests {
    @Test func metricsAreThoseThatAreDescribed() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docs/operations.md")
        let text = try String(contentsOf: page.standardizedFileURL, encoding: .utf8)
        let documented = Set(text.matches(of: /`(mlserving_[a-z_]+)`/).map { String($0.1) })
        #expect(documented == Set(PrometheusRegistry.servingDescriptions.map(\.name)))
    }
}
