internal import Glibc

/// Looks host names up, which may take half a minute, on a thread of its own: neither a loop nor the cooperative pool must wait for that.
enum AddressResolver {
    private final class Request {
        let node: RedisNode
        let answer: OneShot<[SocketAddress]>

        init(node: RedisNode, answer: OneShot<[SocketAddress]>) {
            self.node = node
            self.answer = answer
        }
    }

    /// All addresses of a node. Cancellation leaves the thread to end by itself.
    nonisolated(nonsending) static func addresses(of node: RedisNode, within time: LoopDeadline) async throws -> [SocketAddress] {
        if let numeric = try? SocketAddress.resolve(node, numericOnly: true) { return numeric }
        let answer = OneShot<[SocketAddress]>()
        try start(Request(node: node, answer: answer))
        return try await time.bound(answer)
    }

    private static func start(_ request: Request) throws(RedisError) {
        let argument = Unmanaged.passRetained(request)
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, { AddressResolver.run($0) }, argument.toOpaque())
        guard status == 0 else {
            argument.release()
            let error = SystemError(call: "pthread_create", number: status)
            throw RedisError(.cannotConnect, "no thread to look the host name up", node: request.node, underlying: error)
        }
        pthread_detach(thread)
    }

    private static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        let request = Unmanaged<Request>.fromOpaque(argument).takeRetainedValue()
        do {
            request.answer.succeed(try SocketAddress.resolve(request.node, numericOnly: false))
        } catch {
            request.answer.fail(error)
        }
        return nil
    }
}
