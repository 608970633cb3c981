import Foundation
import Testing

/// What the repository's containers and settings open to others.
@Suite struct PublishedPortsTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL

    private static func lines(_ path: String) throws -> [Substring] {
        try String(contentsOf: root.appending(path: path), encoding: .utf8).split(separator: "\n")
    }

    @Test(arguments: [
        "docker-compose.yaml", "consumers/fasttext/docker-compose.yaml", "producers/short-texts-clustering/docker-compose.yaml",
    ])
    func containersArePublishedOnLoopbackOnly(path: String) throws {
        for line in try Self.lines(path) {
            guard let port = line.wholeMatch(of: /\s*- "?((?:[0-9.]+:)*[0-9-]+)"?/)?.1 else { continue }
            #expect(port.hasPrefix("127.0.0.1:"), "\(path) publishes \(port)")
        }
    }

    @Test func noContainerSharesTheNetworkOfItsHost() throws {
        for path in [
            "docker-compose.yaml", "consumers/fasttext/docker-compose.yaml", "producers/short-texts-clustering/docker-compose.yaml",
        ] {
            #expect(!(try Self.lines(path).contains { $0.contains("network_mode") }))
        }
    }

    @Test func everyKeyOfTheServiceIsInItsSettings() throws {
        let table = try Self.lines("Sources/Examples/ShortTextsClustering/SettingKey+Clustering.swift")
        let settings = try Self.lines("producers/short-texts-clustering/variables.env").joined(separator: "\n")
        let keys = table.compactMap { $0.firstMatch(of: /SettingKey\("([A-Z_]+)"/).map { String($0.1) } }
        #expect(keys.count > 15)
        // The model is the consumer's, unless it is embedded by an option.
        for key in keys where key != "MODEL_PATH" { #expect(settings.contains("\(key)="), "\(key)") }
    }
}
