import Dispatch
import Hummingbird
import MLServing
import Synchronization
import Testing
import TextModels

@testable import TextClusteringService

/// What the service does while a large request is clustered.
@Suite(.timeLimit(.minutes(5))) struct TextClustererTests {
    private static func clusterer(_ configure: (inout ClusteringConfiguration) -> Void) throws -> TextClusterer {
        var configuration = try Service.configuration()
        configure(&configuration)
        return TextClusterer(embedder: ClosureEmbedder { texts in texts.map { _ in [1] } }, configuration: configuration)
    }

    private static func job(_ clusterer: TextClusterer, texts: Int) async throws -> ClusteringJob {
        let json = "{" + (0..<texts).map { "\"\($0)\":\"xxx\"" }.joined(separator: ",") + "}"
        return try await clusterer.job(
            ofTextsIn: Array(json.utf8), options: ClusteringOptions(query: .init(), default: try ShortTextClustering()))
    }

    @Test func smallRequestsAreAnsweredWhileALargeOneIsClustered() async throws {
        let clusterer = try Self.clusterer { configuration in
            configuration.threadCount = 1
            configuration.largeRequestTexts = 3
        }
        let large = try await Self.job(clusterer, texts: 3)
        let isClustering = Gate()
        let smallIsDone = DispatchSemaphore(value: 0)
        async let outcome = clusterer.outcome(of: large) { progress in
            guard progress.stage == .clustering, progress.done == progress.total else { return }
            // Keeps the thread of large requests as a long computation would.
            isClustering.open()
            smallIsDone.wait()
            smallIsDone.signal()
        }
        await isClustering.pass()
        let small = try await Self.job(clusterer, texts: 2)
        #expect(try await clusterer.outcome(of: small) { _ in }.clusters.textCount == 2)
        smallIsDone.signal()
        #expect(try await outcome.clusters.clusters.map(\.ids.count) == [3])
    }

    @Test func clusteringEndsWhenItsTaskIsCancelled() async throws {
        let clusterer = try Self.clusterer { $0.maximumConcurrentRequests = 1 }
        let job = try await Self.job(clusterer, texts: 200)
        let isClustering = Gate()
        let isCancelled = DispatchSemaphore(value: 0)
        let latest = Mutex(0)
        let task = Task {
            try await clusterer.outcome(of: job) { progress in
                guard progress.stage == .clustering, progress.done > 0 else { return }
                latest.withLock { $0 = progress.done }
                isClustering.open()
                isCancelled.wait()
                isCancelled.signal()
            }
        }
        await isClustering.pass()
        task.cancel()
        isCancelled.signal()
        let error = await #expect(throws: ClusteringError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(latest.withLock { $0 } < 200)
        // Its place is free.
        try clusterer.checkLoad()
    }
}
