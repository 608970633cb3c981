import Foundation
import Redis
import Synchronization

/// A server that answers whatever the test wants, to tell what a client makes of it.
final class FakeServer: Sendable {
    enum Answer {
        case bytes(String)
        /// Says something, and hangs up.
        case lastBytes(String)
        case nothing
        case close
    }

    /// What was read at once.
    struct Request {
        /// The number of the connection, from 0.
        let connection: Int
        /// The number of reads on the connection before, from 0.
        let index: Int
        let byteCount: Int
        let commands: [[String]]
    }

    typealias Behaviour = @Sendable (Request) -> Answer

    private let listener: LoopbackListener
    private let connections = Mutex<[Int32]>([])

    var node: RedisNode { RedisNode(host: "127.0.0.1", port: listener.port) }

    private init(listener: LoopbackListener) {
        self.listener = listener
    }

    /// Runs a server while `body` runs.
    @discardableResult
    static func run<Value>(_ behaviour: @escaping Behaviour, _ body: (FakeServer) async throws -> Value) async throws -> Value {
        let server = FakeServer(listener: try LoopbackListener())
        Thread.detachNewThread { server.accept(behaviour) }
        defer { server.stop() }
        return try await body(server)
    }

    /// Greets like a server, and answers what follows with `answer`.
    static func afterGreeting(_ answer: @escaping Behaviour) -> Behaviour {
        { $0.index == 0 ? .bytes("+PONG\r\n") : answer($0) }
    }

    private func accept(_ behaviour: @escaping Behaviour) {
        var count = 0
        while true {
            let descriptor = Glibc.accept(listener.descriptor, nil, nil)
            if descriptor < 0 { return }
            let number = count
            count += 1
            connections.withLock { $0.append(descriptor) }
            Thread.detachNewThread { self.serve(descriptor, number, behaviour) }
        }
    }

    private func serve(_ descriptor: Int32, _ number: Int, _ behaviour: Behaviour) {
        var bytes = [UInt8](repeating: 0, count: 65536)
        for index in 0... {
            let count = read(descriptor, &bytes, bytes.count)
            if count <= 0 { return }
            let commands = Self.commands(in: bytes.prefix(count))
            switch behaviour(Request(connection: number, index: index, byteCount: count, commands: commands)) {
            case .nothing: break
            case .close:
                shutdown(descriptor, Int32(SHUT_RDWR))
                return
            case .bytes(let text):
                Self.say(text, on: descriptor)
            case .lastBytes(let text):
                Self.say(text, on: descriptor)
                shutdown(descriptor, Int32(SHUT_RDWR))
                return
            }
        }
    }

    private static func say(_ text: String, on descriptor: Int32) {
        let answer = Array(text.utf8)
        _ = send(descriptor, answer, answer.count, Int32(MSG_NOSIGNAL))
    }

    private func stop() {
        shutdown(listener.descriptor, Int32(SHUT_RDWR))
        connections.withLock { descriptors in
            for descriptor in descriptors {
                shutdown(descriptor, Int32(SHUT_RDWR))
            }
        }
    }

    private static func commands(in bytes: ArraySlice<UInt8>) -> [[String]] {
        String(decoding: bytes, as: UTF8.self).components(separatedBy: "*").dropFirst().map { command in
            command.components(separatedBy: "\r\n").dropFirst().filter { !$0.isEmpty && !$0.hasPrefix("$") }
        }
    }
}
