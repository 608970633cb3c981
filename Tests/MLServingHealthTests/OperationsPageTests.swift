import Foundation
import PrometheusMetrics
import Testing

@testable import MLServingHealth

@Suite("Operations page")
struct OperationsPageTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
    private static let described = Set(PrometheusRegistry.servingDescriptions.map(\.name))

    @Test func metricsAreThoseThatAreDescribed() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/operations.md"), encoding: .utf8)
        #expect(Set(text.matches(of: /`(mlserving_[a-z_]+)`/).map { String($0.1) }) == Self.described)
    }

    @Test func metricsThatAreMadeAreDescribed() throws {
        let folder = Self.root.appending(path: "Sources/MLServingCore/Observability")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let source = try files.map { try String(contentsOf: $0, encoding: .utf8) }.joined()
        #expect(Set(source.matches(of: /"(mlserving_[a-z_]+)"/).map { String($0.1) }) == Self.described)
    }
}
