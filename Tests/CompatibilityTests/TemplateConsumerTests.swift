import Foundation
import MLServing
import Testing

/// Clients of ours against programs of the template, on pika and redis-py.
@Suite("Python consumers of the template's protocols", .enabled(if: LiveServers.areThere), .timeLimit(.minutes(5)))
struct TemplateConsumerTests {
    enum Way: String, CaseIterable {
        case store, queue
    }

    /// Runs a consumer, and a client of it while `body` runs.
    private func serving<Input: Encodable & Sendable, Output: Decodable & Sendable>(
        _ way: Way, _ types: (Input.Type, Output.Type), body: (ProducerClient<Input, Output>) async throws -> Void
    ) async throws {
        let queues = TestQueues()
        try await TestProgram.python("consume", [way.rawValue, queues.requests, queues.results], queues: queues).serve {
            var values = LiveServers.variables(queues)
            values["PRODUCER_PROTOCOL"] = "template-\(way.rawValue)"
            let settings = try ServingSettings(from: SettingsReader(values: values))
            let client = ProducerClient<Input, Output>(settings: settings, logger: LiveServers.quiet)
            do {
                try await body(client)
            } catch {
                await client.shutdown()
                throw error
            }
            await client.shutdown()
            try await TestProgram.python("remove", [queues.requests, queues.results], queues: queues).succeed()
        }
    }

    @Test(arguments: Way.allCases)
    func predictionsComeBack(way: Way) async throws {
        try await serving(way, (String.self, String.self)) { client in
            let output = try await client.predict("żółw 🐢")
            #expect(output == "ŻÓŁW 🐢")
            let outputs = try await client.predict(batch: (0..<100).map { "text \($0)" }).map { try $0.get() }
            #expect(outputs == (0..<100).map { "TEXT \($0)" })
        }
    }

    @Test(arguments: Way.allCases)
    func structuresComeBack(way: Way) async throws {
        struct Report: Codable, Hashable {
            var name: String
            var values: [Double]
            var nested: [String: [Int]?]
        }
        try await serving(way, (Report.self, Report.self)) { client in
            let report = Report(name: "a", values: [0.5, -1], nested: ["x": [1, 2], "y": []])
            let answer = try await client.predict(report)
            #expect(answer == report)
        }
    }

    @Test(arguments: Way.allCases)
    func submittedWorkIsFetchedLater(way: Way) async throws {
        try await serving(way, (String.self, String.self)) { client in
            let ticket = try await client.submit("later")
            let result = try await client.result(of: ticket)
            #expect(result == "LATER")
        }
    }

    @Test(arguments: Way.allCases)
    func manyCallsAtOnceAreToldApart(way: Way) async throws {
        try await serving(way, (Int.self, Int.self)) { client in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<500 { group.addTask { try await client.predict(number) == number } }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }
}
