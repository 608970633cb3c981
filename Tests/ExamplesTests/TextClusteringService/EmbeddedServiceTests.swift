import FastTextEmbedding
import Hummingbird
import HummingbirdTesting
import MLServing
import Testing

@testable import TextClusteringService

/// The service over HTTP, with a client, the in-memory transport, a consumer and a fastText model behind it.
@Suite(.timeLimit(.minutes(5))) struct EmbeddedServiceTests {
    private static let queue = QueueDefinition(name: "texts")

    @Test func templateCasesComeOutRight() async throws {
        let server = InMemoryServer()
        try await Service.test([try TopicModel.predictor()], queue: Self.queue, makeTransport: server.transport) { client in
            try await TemplateCases.check(client)
        }
    }

    @Test func textsOfOneTopicAreTogether() async throws {
        let server = InMemoryServer()
        try await Service.test([try TopicModel.predictor()], queue: Self.queue, makeTransport: server.transport) { client in
            let texts =
                #"{"1": "a song for violin", "2": "cows on the farm", "3": "the choir's tune", "4": "herd & bull", "5": "Piano!", "6": "GRASS"}"#
            let response = try await client.predict(texts)
            #expect(response.text == #"{"0":["1","3","5"],"1":["2","4","6"]}"#)
        }
    }

    @Test func consumersShareOneCallersTexts() async throws {
        try await SharedWork.check(queue: Self.queue, makeTransport: InMemoryServer().transport)
    }

    @Test func emptyTextsBelongToNoCluster() async throws {
        let server = InMemoryServer()
        try await Service.test([try TopicModel.predictor()], queue: Self.queue, makeTransport: server.transport) { client in
            let response = try await client.predict(#"{"1": "", "2": "door", "3": " ", "4": "door", "5": "", "6": "door"}"#)
            #expect(response.text == #"{"-1":["1","3","5"],"0":["2","4","6"]}"#)
        }
    }

    @Test func hundredsOfTextsAreClusteredAsOneList() async throws {
        let server = InMemoryServer()
        var configuration = try Service.configuration()
        configuration.textsPerPart = 30
        try await Service.test(
            [try TopicModel.predictor()], queue: Self.queue, configuration: configuration, makeTransport: server.transport
        ) { client in
            let texts = (0..<400).map { "\"\($0)\": \"\(TopicModel.topics[$0 % 4][$0 % 10])\"" }
            let response = try await client.predict("{\(texts.joined(separator: ","))}")
            let clusters = try TextClusters(json: Array(response.body.readableBytesView))
            #expect(clusters.clusters.map(\.ids.count) == [100, 100, 100, 100])
            #expect(clusters.clusters.map(\.label) == [0, 1, 2, 3])
        }
    }

    @Test func serviceWithoutConsumerIs503() async throws {
        let server = InMemoryServer()
        try await Service.test([FastTextEmbeddingPredictor](), queue: Self.queue, makeTransport: server.transport) { client in
            let response = try await client.predict(#"{"a": "door"}"#)
            try expect(response, isError: .serviceUnavailable, saying: "no model is being served")
            #expect(response.headers[.retryAfter] == "5")
        }
    }

    @Test func deadlineThatPassesIs504() async throws {
        let server = InMemoryServer()
        let gate = Gate()
        let slow = ClosurePredictor { _ in
            await gate.pass()
            return .one([1])
        }
        let configuration = try Service.configuration(timeout: .milliseconds(200))
        try await Service.test([slow], queue: Self.queue, configuration: configuration, makeTransport: server.transport) { client in
            defer { gate.open() }
            try expect(try await client.predict(#"{"a": "door"}"#), isError: .gatewayTimeout, saying: "in time")
        }
    }

    @Test func predictionThatFailsIs502() async throws {
        struct OutOfOrder: Error {}
        let server = InMemoryServer()
        let broken = ClosurePredictor { _ in throw OutOfOrder() }
        try await Service.test([broken], queue: Self.queue, makeTransport: server.transport) { client in
            try expect(try await client.predict(#"{"a": "door"}"#), isError: .badGateway, saying: "OutOfOrder")
        }
    }

    @Test func serversThatAreAwayAre503() async throws {
        var settings = ServingSettings()
        // Nothing listens on port 1.
        settings.rabbitNodes = [ServerNode(host: "127.0.0.1", port: 1)]
        settings.redisNodes = [ServerNode(host: "127.0.0.1", port: 1)]
        let configuration = try Service.configuration(timeout: .milliseconds(500))
        let transport = ServerTransport(settings: settings, name: "test", logger: Service.logger)
        try await Service.test(
            [FastTextEmbeddingPredictor](), queue: Self.queue, configuration: configuration, makeTransport: { transport }
        ) {
            client in
            let response = try await client.predict(#"{"a": "door"}"#)
            try expect(response, isError: .serviceUnavailable, saying: "cannot be reached")
            #expect(response.headers[.retryAfter] == "5")
            #expect(try await client.execute(uri: "/", method: .get).status == .ok)
        }
    }
}
