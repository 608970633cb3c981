import MLServing
import Testing
import TextModels

@testable import TextClusteringService

@Suite struct ClusteringConfigurationTests {
    @Test func defaultsAreThoseOfTheTemplate() throws {
        let configuration = try ClusteringConfiguration(from: SettingsReader(values: [:]))
        #expect(configuration.clustering == (try ShortTextClustering(distanceThreshold: 0.65, minimumClusterSize: 3, maximumCount: 5_000)))
        #expect(configuration.timeout == .seconds(30))
    }

    @Test func everyKeyIsRead() throws {
        let configuration = try ClusteringConfiguration(
            from: SettingsReader(values: [
                "COSINE_THRSH": "0.5", "MIN_CLUSTER_SIZE": "2", "REQUEST_TIMEOUT": "1.5", "MAX_BODY_BYTES": "10", "MAX_TEXTS": "11",
                "MAX_REQUESTS": "12", "CLUSTER_THREADS": "13", "MAX_TEXT_BYTES": "14", "LARGE_REQUEST_TEXTS": "15",
                "MAX_LARGE_REQUESTS": "16",
                "TEXTS_PER_REQUEST": "17", "MAX_PARALLEL_REQUESTS": "18",
            ]))
        #expect(configuration.clustering == (try ShortTextClustering(distanceThreshold: 0.5, minimumClusterSize: 2, maximumCount: 11)))
        #expect(configuration.timeout == .milliseconds(1_500))
        #expect(configuration.maximumBodySize == 10)
        #expect(configuration.maximumTexts == 11)
        #expect(configuration.maximumConcurrentRequests == 12)
        #expect(configuration.threadCount == 13)
        #expect(configuration.maximumTextSize == 14)
        #expect(configuration.largeRequestTexts == 15)
        #expect(configuration.maximumConcurrentLargeRequests == 16)
        #expect(configuration.textsPerPart == 17)
        #expect(configuration.maximumConcurrentParts == 18)
    }

    @Test func shorterTimeToLiveOfRequestsCounts() throws {
        let values = ["RABBIT_TTL": "2000", "REQUEST_TIMEOUT": "5"]
        #expect(try ClusteringConfiguration(from: SettingsReader(values: values)).timeout == .seconds(2))
    }

    @Test(arguments: [
        ("COSINE_THRSH", "2.5"), ("COSINE_THRSH", "nan"), ("COSINE_THRSH", "a"), ("COSINE_THRSH", "0x1"), ("MIN_CLUSTER_SIZE", "0"),
        ("REQUEST_TIMEOUT", "0"),
        ("MAX_BODY_BYTES", "1MB"), ("MAX_TEXTS", "-1"), ("MAX_REQUESTS", "0"), ("CLUSTER_THREADS", "0"),
        ("MAX_TEXT_BYTES", "0"), ("LARGE_REQUEST_TEXTS", "0"), ("MAX_LARGE_REQUESTS", "0"), ("TEXTS_PER_REQUEST", "0"),
        ("MAX_PARALLEL_REQUESTS", "0"), ("RABBIT_TTL", "-5"),
    ])
    func wrongValueIsNamed(key: String, value: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try ClusteringConfiguration(from: SettingsReader(values: [key: value]))
        }
        #expect(error.key == key)
        #expect(error.message.contains(value))
    }
}
