import FastTextEmbedding
import Foundation
import Hummingbird
import HummingbirdTesting
import MLServing
import Testing

@testable import TextClusteringService

/// The servers that the test command starts.
private enum LiveServers {
    static let rabbit = ProcessInfo.processInfo.environment["MLSERVING_TEST_RABBIT"].flatMap { ServerNode($0) }
    static let redis = ProcessInfo.processInfo.environment["MLSERVING_TEST_REDIS"].flatMap { ServerNode($0) }

    static var areThere: Bool { rabbit != nil && redis != nil }

    static func transport() -> any Transport {
        var settings = ServingSettings()
        settings.rabbitNodes = rabbit.map { [$0] } ?? []
        settings.redisNodes = redis.map { [$0] } ?? []
        return ServerTransport(settings: settings, name: "examples-tests", logger: Service.logger)
    }
}

/// The service over HTTP, with RabbitMQ, Redis, a consumer and a fastText model behind it.
@Suite("Clustering service (live)", .enabled(if: LiveServers.areThere), .timeLimit(.minutes(5)))
struct LiveServiceTests {
    private static func queue() -> QueueDefinition {
        QueueDefinition(name: "examples-tests-\(UUID().uuidString)", kind: .classic)
    }

    @Test func templateCasesComeOutRight() async throws {
        try await Service.test([try TopicModel.predictor()], queue: Self.queue(), makeTransport: LiveServers.transport) { client in
            try await TemplateCases.check(client)
        }
    }

    @Test func consumersShareOneCallersTexts() async throws {
        try await SharedWork.check(queue: Self.queue(), makeTransport: LiveServers.transport)
    }

    @Test func hundredsOfTextsAreTwoRequests() async throws {
        try await Service.test([try TopicModel.predictor()], queue: Self.queue(), makeTransport: LiveServers.transport) { client in
            let texts = (0..<400).map { "\"\($0)\": \"\(TopicModel.topics[$0 % 4][$0 % 10])\"" }
            let response = try await client.predict("{\(texts.joined(separator: ","))}")
            let clusters = try TextClusters(json: Array(response.body.readableBytesView))
            #expect(clusters.clusters.map(\.ids.count) == [100, 100, 100, 100])
        }
    }

    @Test func deadlineThatPassesIs504() async throws {
        let gate = Gate()
        let slow = ClosurePredictor { _ in
            await gate.pass()
            return .one([1])
        }
        let configuration = try Service.configuration(timeout: .seconds(1))
        try await Service.test([slow], queue: Self.queue(), configuration: configuration, makeTransport: LiveServers.transport) { client in
            defer { gate.open() }
            try expect(try await client.predict(#"{"a": "door"}"#), isError: .gatewayTimeout, saying: "in time")
        }
    }

    @Test func serviceWithoutConsumerIs503() async throws {
        let queue = Self.queue()
        try await Service.test([FastTextEmbeddingPredictor](), queue: queue, makeTransport: LiveServers.transport) { client in
            try expect(try await client.predict(#"{"a": "door"}"#), isError: .serviceUnavailable, saying: "no model is being served")
        }
    }
}
