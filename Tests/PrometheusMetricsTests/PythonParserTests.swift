import CoreMetrics
import Foundation
import PrometheusMetrics
import Testing

/// What Prometheus's own client for Python reads from a page.
///
/// Runs where the variable `MLSERVING_PYTHON` names an interpreter that has `prometheus_client`; once it is set, anything wrong with it fails.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["MLSERVING_PYTHON"] != nil), .timeLimit(.minutes(5)))
struct PythonParserTests {
    struct Sample: Decodable, Equatable {
        var name: String
        var labels: [String: String]
        /// As Python writes it, which is exact.
        var value: String
    }

    struct Family: Decodable {
        var name: String
        var type: String
        var help: String
        var samples: [Sample]
    }

    private struct PythonFailure: Error {
        var message: String
    }

    /// Reads a page with `prometheus_client`.
    private func parse(_ page: [UInt8]) throws -> [String: Family] {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("prometheus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (input, output) = (directory.appendingPathComponent("page"), directory.appendingPathComponent("families"))
        let errors = directory.appendingPathComponent("errors")
        try Data(page).write(to: input)
        try Data().write(to: errors)
        let script = """
            import json, sys
            from prometheus_client.parser import text_string_to_metric_families
            page = open(sys.argv[1], encoding="utf-8", newline="").read()
            families = [dict(name=f.name, type=f.type, help=f.documentation,
                samples=[dict(name=s.name, labels=s.labels, value=repr(float(s.value))) for s in f.samples])
                for f in text_string_to_metric_families(page)]
            json.dump(families, open(sys.argv[2], "w", encoding="utf-8"))
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ProcessInfo.processInfo.environment["MLSERVING_PYTHON"] ?? "")
        process.arguments = ["-c", script, input.path, output.path]
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw PythonFailure(message: try String(contentsOf: errors, encoding: .utf8)) }
        let families = try JSONDecoder().decode([Family].self, from: Data(contentsOf: output))
        return Dictionary(uniqueKeysWithValues: families.map { ($0.name, $0) })
    }

    @Test func everyKindIsUnderstood() throws {
        let help = "Time in the \"queue\",\nby C:\\clock."
        let registry = PrometheusRegistry(
            configuration: PrometheusConfiguration(descriptions: [MetricDescription(name: "wait_seconds", help: help, buckets: [0.5, 2])])
        )
        Counter(label: "jobs", dimensions: [("result", "ok")], factory: registry).increment(by: 3)
        Gauge(label: "depth", factory: registry).record(Double.infinity)
        let timer = Timer(label: "wait", dimensions: [("queue", "a")], factory: registry)
        timer.recordMilliseconds(100)
        timer.recordMilliseconds(1_500)
        let families = try parse(registry.exposition())
        let jobs = try #require(families["jobs"])
        #expect(jobs.type == "counter")
        #expect(jobs.samples == [Sample(name: "jobs_total", labels: ["result": "ok"], value: "3.0")])
        #expect(families["depth"]?.type == "gauge")
        #expect(families["depth"]?.samples.map(\.value) == ["inf"])
        let wait = try #require(families["wait_seconds"])
        #expect(wait.type == "histogram")
        #expect(wait.help == help)
        #expect(
            wait.samples == [
                Sample(name: "wait_seconds_bucket", labels: ["queue": "a", "le": "0.5"], value: "1.0"),
                Sample(name: "wait_seconds_bucket", labels: ["queue": "a", "le": "2"], value: "2.0"),
                Sample(name: "wait_seconds_bucket", labels: ["queue": "a", "le": "+Inf"], value: "2.0"),
                Sample(name: "wait_seconds_sum", labels: ["queue": "a"], value: "1.6"),
                Sample(name: "wait_seconds_count", labels: ["queue": "a"], value: "2.0"),
            ]
        )
    }

    @Test func anyLabelValueAndNumberComesThrough() throws {
        var generator = SeededGenerator(seed: 14)
        let alphabet: [Character] = ["a", "\"", "\\", "\n", " ", "{", "}", ",", "=", "n", "é", "👩‍🔬", "\t", "#", "\r\n", "\u{7f}"]
        let registry = PrometheusRegistry()
        var expected: [String: Double] = [:]
        for index in 0..<300 {
            let characters = (0..<Int.random(in: 0...12, using: &generator)).compactMap { _ in alphabet.randomElement(using: &generator) }
            let text = String(characters) + "|\(index)"
            let value = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &generator))
            if value.isNaN { continue }
            expected[text] = value
            Gauge(label: "any", dimensions: [("text", text)], factory: registry).record(value)
        }
        let samples = try #require(try parse(registry.exposition())["any"]).samples
        #expect(samples.count == expected.count)
        for sample in samples {
            let text = try #require(sample.labels["text"])
            #expect(Double(sample.value) == expected[text], "\(text)")
        }
    }
}
