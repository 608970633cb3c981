import FastTextEmbedding
import Hummingbird
import HummingbirdTesting
import MLServing
import Testing

@testable import TextClusteringService

/// A request whose texts two consumers have to share, or it is never answered.
enum SharedWork {
    static func check(queue: QueueDefinition, makeTransport: @escaping @Sendable () -> any Transport) async throws {
        var configuration = try Service.configuration()
        // More requests than one consumer holds.
        configuration.textsPerPart = 1
        configuration.maximumConcurrentParts = 200
        let gates = [Gate(), Gate()]
        let consumers = [0, 1].map { number in
            ClosurePredictor { texts in
                gates[number].open()
                // Until the other one has got something, too.
                await gates[1 - number].pass()
                return switch texts {
                case .one: .one([1, 0])
                case .list(let texts): .list(texts.map { _ in [1, 0] })
                }
            }
        }
        try await Service.test(consumers, queue: queue, configuration: configuration, makeTransport: makeTransport) { client in
            let texts = (0..<200).map { "\"\($0)\": \"door\"" }
            let response = try await client.predict("{\(texts.joined(separator: ","))}")
            #expect(response.status == .ok)
            let clusters = try TextClusters(json: Array(response.body.readableBytesView))
            #expect(clusters.clusters.map(\.ids.count) == [200])
        }
    }
}
