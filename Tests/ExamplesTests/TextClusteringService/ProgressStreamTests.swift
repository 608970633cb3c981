import Hummingbird
import HummingbirdTesting
import MLServing
import Testing

@testable import TextClusteringService

@Suite(.timeLimit(.minutes(5))) struct ProgressStreamTests {
    private static let equal = ClosureEmbedder { texts in texts.map { _ in [1] } }

    private static func stream(_ client: any TestClientProtocol, _ body: String, query: String = "") async throws -> TestResponse {
        try await client.execute(
            uri: "/api/v1/predict\(query)", method: .post,
            headers: [.contentType: "application/json", .accept: "application/x-ndjson, application/json;q=0.5"],
            body: ByteBuffer(string: body))
    }

    private static func lines(_ response: TestResponse) -> [String] {
        response.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func resultIsTheLastLine() async throws {
        try await Service.test(Self.equal) { client in
            let response = try await Self.stream(client, #"{"a": "xxx", "b": "yyy", "c": "zzz"}"#)
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == "application/x-ndjson")
            let lines = Self.lines(response)
            #expect(lines.suffix(2) == [#"{"result":{"0":["a","b","c"]}}"#, ""])
            #expect(lines.dropLast(2).allSatisfy { $0.hasPrefix(#"{"stage":""#) && $0.hasSuffix(#","of":3}"#) })
        }
    }

    @Test func progressComesWhileTheWorkGoesOn() async throws {
        var configuration = try Service.configuration()
        configuration.textsPerPart = 1
        configuration.maximumConcurrentParts = 1
        let gate = Gate()
        let embedder = ClosureEmbedder { texts in
            if texts == ["last"] { await gate.pass() }
            return texts.map { _ in [1] }
        }
        let clusterer = TextClusterer(embedder: embedder, configuration: configuration)
        let options = try ClusteringOptions(query: .init(), default: configuration.clustering)
        let job = try await clusterer.job(ofTextsIn: Array(#"{"a": "first", "b": "last"}"#.utf8), options: options)
        let (updates, continuation) = AsyncStream.makeStream(of: ClusteringProgress.self)
        async let outcome = clusterer.outcome(of: job) { continuation.yield($0) }
        var seen: [ClusteringProgress] = []
        for await update in updates {
            seen.append(update)
            // The second part is held back until the first has been told of.
            if update.done == 1 { gate.open() }
            if update.stage == .clustering, update.done == 2 { break }
        }
        #expect(
            seen.prefix(4) == [
                .init(stage: .embedding, done: 0, total: 2), .init(stage: .embedding, done: 1, total: 2),
                .init(stage: .embedding, done: 2, total: 2), .init(stage: .clustering, done: 0, total: 2),
            ])
        #expect(seen.dropFirst(4).allSatisfy { $0.stage == .clustering && $0.total == 2 })
        #expect(try await outcome.clusters.textCount == 2)
    }

    @Test func failureOfTheModelIsTheLastLine() async throws {
        let embedder = ClosureEmbedder { _ in throw ServingError(code: .unavailable, message: "the reason") }
        try await Service.test(embedder) { client in
            let response = try await Self.stream(client, #"{"a": "xxx"}"#)
            #expect(response.status == .ok)
            #expect(Self.lines(response).suffix(2) == [#"{"Error":"the model cannot be reached: the reason","status":503}"#, ""])
        }
    }

    @Test func wrongRequestHasItsStatus() async throws {
        try await Service.test(Self.equal) { client in
            try expect(try await Self.stream(client, "[]"), isError: .unprocessableContent, saying: "a list")
            try expect(try await Self.stream(client, "{}", query: "?threshold=3"), isError: .unprocessableContent, saying: "threshold")
        }
    }

    @Test func connectionThatIsGoneEndsTheWork() async throws {
        struct Gone: Error {}
        struct ClosedConnection: ResponseBodyWriter {
            mutating func write(_ buffer: ByteBuffer) async throws { throw Gone() }
            consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
        }
        var configuration = try Service.configuration()
        configuration.maximumConcurrentRequests = 1
        let gate = Gate()
        // Ends by cancellation only.
        let embedder = ClosureEmbedder { texts in
            await withTaskCancellationHandler {
                await gate.pass()
            } onCancel: {
                gate.open()
            }
            return texts.map { _ in [1] }
        }
        let clusterer = TextClusterer(embedder: embedder, configuration: configuration)
        let options = try ClusteringOptions(query: .init(), default: configuration.clustering)
        let job = try await clusterer.job(ofTextsIn: Array(#"{"a": "first"}"#.utf8), options: options)
        let response = Response.progress(of: job, logger: Service.logger) { try await clusterer.outcome(of: $0, progress: $1) }
        #expect(throws: ServingError.self) { try clusterer.checkLoad() }
        await #expect(throws: Gone.self) { try await response.body.write(ClosedConnection()) }
        try clusterer.checkLoad()
    }

    @Test func requestGivesItsPlaceBackWhenItsStreamHasEnded() async throws {
        var configuration = try Service.configuration()
        configuration.maximumConcurrentRequests = 1
        try await Service.test(Self.equal, configuration: configuration) { client async throws in
            for _ in 0..<3 { #expect(try await Self.stream(client, #"{"a": "xxx"}"#).status == .ok) }
        }
    }
}
