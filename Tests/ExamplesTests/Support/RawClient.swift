import Foundation
import Glibc

/// A TCP client that sends byte for byte what a test tells it to.
///
/// Its calls block, so they run on threads of their own: those of tasks answer the requests.
final class RawClient: Sendable {
    struct Failure: Error {
        let errno: Int32
    }

    private let descriptor: Int32

    /// Connects to a port of this machine.
    ///
    /// - Parameter source: The address to come from; all of 127.0.0.0/8 is this machine.
    init(port: Int, from source: String = "127.0.0.1") async throws {
        descriptor = try await Self.onThread {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            func call(_ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ host: String, _ port: Int) -> Int32 {
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = UInt16(port).bigEndian
                inet_pton(AF_INET, host, &address.sin_addr)
                return withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
            }
            guard call(bind, source, 0) == 0, call(connect, "127.0.0.1", port) == 0 else {
                let failure = Failure(errno: errno)
                close(descriptor)
                throw failure
            }
            return descriptor
        }
    }

    deinit {
        close(descriptor)
    }

    /// Sends all bytes, or as many as the server takes before it closes.
    func send(_ bytes: [UInt8]) async throws {
        try await Self.onThread { [descriptor] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// Says that nothing more will be sent.
    func finish() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Everything until the server closes.
    func receiveAll() async throws -> String {
        try await receive { _ in false }
    }

    /// Everything until a text has come.
    func receive(until end: String) async throws -> String {
        try await receive { $0.hasSuffix(end) }
    }

    private func receive(until isEnd: @escaping @Sendable (String) -> Bool) async throws -> String {
        try await Self.onThread { [descriptor] in
            var text: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count >= 0 else { throw Failure(errno: errno) }
                text += buffer.prefix(count)
                let received = String(decoding: text, as: UTF8.self)
                if count == 0 || isEnd(received) { return received }
            }
        }
    }

    private static func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            // Tasks share the threads of dispatch queues.
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }
}
