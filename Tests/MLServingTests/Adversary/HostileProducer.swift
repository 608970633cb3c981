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

    /// What the broker has made of all messages so far.
    struct Outcome {
        let confirmed: Int
        let refused: Int
    }

    /// Publishes until it has published so many messages in all, and returns when the broker has taken or refused each of them.
    func publish(upTo count: Int) async throws -> Outcome {
        try commands.fileHandleForWriting.write(contentsOf: Data("\(count)\n".utf8))
        let descriptor = answers.fileHandleForReading.fileDescriptor
        let answer = await withCheckedContinuation { continuation in
            // It blocks, so it has a thread of its own.
            Thread.detachNewThread { continuation.resume(returning: Self.line(from: descriptor)) }
        }
        let words = answer.split(separator: " ")
        guard words.count == 3, words[0] == "done", let confirmed = Int(words[1]), let refused = Int(words[2]), confirmed + refused == count
        else {
            throw Ended(description: "the hostile producer said: \(answer), after \(count) messages")
        }
        return Outcome(confirmed: confirmed, refused: refused)
    }

    /// Reads up to a line break, or the end.
    private static func line(from descriptor: Int32) -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            if count < 1 || byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
    }

    func end() {
        try? commands.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
