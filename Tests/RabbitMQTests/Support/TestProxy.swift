import Glibc
import RabbitMQ
import Synchronization

/// A TCP proxy on loopback that cuts its connections, or falls silent, on demand.
final class TestProxy: Sendable {
    private struct State {
        var sockets: Set<Int32> = []
        var clients: Set<Int32> = []
        var isSilent = false
        var isRefusing = false
        var chunksToWaitFor = 0
        var chunkWaiter: CheckedContinuation<Void, Never>?
    }

    private let listener: Int32
    private let target: RabbitMQNode
    private let state = Mutex(State())
    let node: RabbitMQNode

    init(to target: RabbitMQNode) throws {
        self.target = target
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = Self.address(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard isBound, listen(listener, 16) == 0 else { throw Failure(errno: errno) }
        node = RabbitMQNode(host: "127.0.0.1", port: UInt16(bigEndian: address.sin_port))
        start { $0.accept() }
    }

    struct Failure: Error {
        let errno: Int32
    }

    /// Cuts every connection; new ones work.
    func cut() {
        state.withLock { state in for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) } }
    }

    /// Cuts every connection, and closes new ones at once, until told otherwise.
    func refuse(_ isRefusing: Bool) {
        state.withLock { $0.isRefusing = isRefusing }
        if isRefusing { cut() }
    }

    /// Forwards nothing more, and closes nothing either.
    func fallSilent() {
        state.withLock { $0.isSilent = true }
    }

    /// Cuts every connection, whose streams have holes by now; new ones work.
    func speakAgain() {
        state.withLock { $0.isSilent = false }
        cut()
    }

    /// Sends bytes to every client, as if they came from the broker; to be used while the broker sends nothing.
    func inject(_ bytes: [UInt8]) {
        state.withLock { state in
            for client in state.clients { _ = bytes.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } }
        }
    }

    /// Returns when that many more pieces of data have been forwarded, in either direction.
    func waitForChunks(_ count: Int) async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.chunksToWaitFor = count
                state.chunkWaiter = continuation
            }
        }
    }

    private func noteChunk() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.chunksToWaitFor -= 1
            guard state.chunksToWaitFor == 0 else { return nil }
            defer { state.chunkWaiter = nil }
            return state.chunkWaiter
        }
        waiter?.resume()
    }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
    }

    // MARK: Threads

    private func start(_ body: @escaping @Sendable (TestProxy) -> Void) {
        let main = Unmanaged.passRetained(Body { body(self) })
        var thread = pthread_t()
        pthread_create(&thread, nil, { Body.run($0) }, main.toOpaque())
        pthread_detach(thread)
    }

    private final class Body: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }

        static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            guard let argument else { return nil }
            Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.address(port: target.port)
            let status = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            let isWanted = state.withLock { state in
                guard !state.isRefusing, status == 0 else { return false }
                state.sockets.formUnion([client, server])
                state.clients.insert(client)
                return true
            }
            guard isWanted else {
                Glibc.close(client)
                Glibc.close(server)
                continue
            }
            let isOneDone = Flag()
            start { $0.pump(from: client, to: server, isOneDone) }
            start { $0.pump(from: server, to: client, isOneDone) }
        }
        Glibc.close(listener)
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    /// The second of the two directions to end closes both sockets.
    private func pump(from source: Int32, to target: Int32, _ isOneDone: Flag) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        forwarding: while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            if state.withLock(\.isSilent) { continue }
            var written = 0
            while written < count {
                let result = buffer[written..<count].withUnsafeBytes { send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard result > 0 else { break forwarding }
                written += result
            }
            noteChunk()
        }
        if !state.withLock(\.isSilent) {
            shutdown(source, Int32(SHUT_RDWR))
            shutdown(target, Int32(SHUT_RDWR))
        }
        guard isOneDone.value.exchange(true, ordering: .acquiringAndReleasing) else { return }
        state.withLock { state in
            state.sockets.subtract([source, target])
            state.clients.subtract([source, target])
            Glibc.close(source)
            Glibc.close(target)
        }
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: in_addr_t(0x7F00_0001).bigEndian)
        return address
    }
}
