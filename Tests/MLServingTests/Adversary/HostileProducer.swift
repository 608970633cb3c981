import Foundation
import MLServing

/// `Programs/hostile_producer.py`: somebody who may publish to one exchange, and publishes what no client would.
final class HostileProducer {
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()

    /// What its messages name: keys and queues of others.
    struct Targets: Encodable {
        var keys: [String]
        var queues: [String]
    }

    private struct Options: Encodable {
        let host: String
        let port: UInt16
        let user: String
        let password: String
        let vhost: String
        let exchange: String
        let routing_key: String
        let seed: UInt64
        let targets: Targets
        let broadcasts: String?
    }

    struct Ended: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter broadcasts: An exchange that gets a share of the messages; `nil`: none.
    init(_ parties: RestrictedParties, seed: UInt64, targets: Targets, broadcasts: String?) throws {
        let node = parties.producer.rabbitNodes[0]
        let options = Options(
            host: node.host, port: node.port, user: parties.producer.rabbitUser, password: parties.producer.rabbitPassword.revealed,
            vhost: parties.producer.rabbitVirtualHost, exchange: parties.producer.exchangeName, routing_key: parties.queue, seed: seed,
            targets: targets, broadcasts: broadcasts)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Programs/hostile_producer.py")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-B", script.path(percentEncoded: false), String(decoding: try JSONEncoder().encode(options), as: UTF8.self),
        ]
        process.standardInput = commands
        process.standardOutput = answers
        try process.run()
    }

    /// Publishes so many messages, and returns when the broker has those that it takes.
    func publish(_ count: Int) async throws {
        try commands.fileHandleForWriting.write(contentsOf: Data("\(count)\n".utf8))
        let handle = answers.fileHandleForReading
        let answer = await withCheckedContinuation { continuation in
            // It blocks, so it has a thread of its own. An answer is one short write.
            Thread.detachNewThread { continuation.resume(returning: handle.availableData) }
        }
        guard answer.starts(with: "done".utf8) else { throw Ended(description: "the hostile producer ended") }
    }

    func end() {
        try? commands.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
