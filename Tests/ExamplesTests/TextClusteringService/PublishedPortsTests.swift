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
        let help = try Self.lines("Sources/Examples/ShortTextsClustering/Serve.swift")
        let settings = try Self.lines("producers/short-texts-clustering/variables.env").joined(separator: "\n")
        let start = try #require(help.firstIndex { $0.contains("HTTP_HOST, HTTP_PORT") })
        let end = try #require(help.firstIndex { $0.contains("RABBIT_NODES, REDIS_NODES") })
        // Those that are left out are in the settings of the root directory.
        let keys = help[start..<end].flatMap { $0.matches(of: /[A-Z]+(_[A-Z]+)+/).map { String($0.0) } }.filter {
            !["RABBIT_TTL", "HEALTH_HOST"].contains($0)
        }
        #expect(keys.count > 15)
        for key in keys { #expect(settings.contains("\(key)="), "\(key)") }
    }
}
