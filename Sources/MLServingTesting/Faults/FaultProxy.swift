internal import Glibc
internal import Synchronization

/// A TCP proxy on the loopback interface that does to its connections what networks do: cuts them, falls silent, delays, stops in the middle.
///
/// ```swift
/// let proxy = try FaultProxy(toPort: 5_672)
/// settings.rabbitNodes = [ServerNode(host: "127.0.0.1", port: proxy.port)]
/// proxy.cut()
/// ```
public final class FaultProxy: Sendable {
    private struct State {
        var sockets: Set<Int32> = []
        var clients: Set<Int32> = []
        var isSilent = false
        var isRefusing = false
        var delay = Duration.zero
        /// How many more bytes are forwarded before everything is cut.
        var bytesLeft: Int?
        /// What ends the connection that it is sent on.
        var deadlyBytes: [UInt8]?
        var chunksToWaitFor = 0
        var chunkWaiter: CheckedContinuation<Void, Never>?
    }

    /// The system did not provide a socket.
    public struct Failure: Error, CustomStringConvertible {
        /// The error number.
        public let number: Int32

        /// The number.
        public var description: String { "cannot listen: errno \(number)" }
    }

    private let listener: Int32
    private let target: UInt16
    private let state = Mutex(State())

    /// Where clients connect to, on 127.0.0.1.
    public let port: UInt16

    /// Starts to forward.
    ///
    /// - Parameter target: The server's port on 127.0.0.1.
    /// - Throws: ``Failure``.
    public init(toPort target: UInt16) throws {
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
        guard isBound, listen(listener, 128) == 0 else { throw Failure(number: errno) }
        port = UInt16(bigEndian: address.sin_port)
        start { $0.accept() }
    }

    // MARK: Faults

    /// Cuts every connection; new ones work.
    public func cut() {
        state.withLock { state in for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) } }
    }

    /// Cuts every connection, and closes new ones at once, until told otherwise.
    public func refuse(_ isRefusing: Bool) {
        state.withLock { $0.isRefusing = isRefusing }
        if isRefusing { cut() }
    }

    /// Forwards nothing more, and closes nothing either: what a dead network looks like.
    public func fallSilent() {
        state.withLock { $0.isSilent = true }
    }

    /// Cuts every connection, whose streams have holes by now; new ones work.
    public func speakAgain() {
        state.withLock { $0.isSilent = false }
        cut()
    }

    /// Holds up each piece of data for so long from now on.
    public func delay(by delay: Duration) {
        state.withLock { $0.delay = delay }
    }

    /// Cuts every connection after so many more bytes, in the middle of whatever they are part of.
    public func truncate(after count: Int) {
        state.withLock { $0.bytesLeft = count }
    }

    /// Ends each connection on which a client sends these bytes, just before they are forwarded; `nil`: none any more.
    public func cut(before bytes: [UInt8]?) {
        state.withLock { $0.deadlyBytes = bytes.flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// Sends bytes to every client, as if they came from the server; to be used while the server sends nothing.
    public func inject(_ bytes: [UInt8]) {
        state.withLock { state in
            for client in state.clients { _ = bytes.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } }
        }
    }

    /// Returns when that many more pieces of data have been forwarded, in either direction.
    public func waitForChunks(_ count: Int) async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.chunksToWaitFor = count
                state.chunkWaiter = continuation
            }
        }
    }

    /// Ends every connection, and takes no more.
    public func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
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

    // MARK: Threads

    private func start(_ body: @escaping @Sendable (FaultProxy) -> Void) {
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
            var address = Self.address(port: target)
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
            start { $0.pump(from: client, to: server, isOfClient: true, isOneDone) }
            start { $0.pump(from: server, to: client, isOfClient: false, isOneDone) }
        }
        Glibc.close(listener)
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    /// The second of the two directions to end closes both sockets.
    private func pump(from source: Int32, to target: Int32, isOfClient: Bool, _ isOneDone: Flag) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        /// The end of what has been forwarded, with which the next piece may complete what is looked for.
        var tail: [UInt8] = []
        forwarding: while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            let (isSilent, delay, permitted, deadlyBytes) = state.withLock { state in
                let permitted = min(count, state.bytesLeft ?? count)
                if let left = state.bytesLeft { state.bytesLeft = left > count ? left - count : nil }
                return (state.isSilent, state.delay, permitted, state.deadlyBytes)
            }
            if isSilent { continue }
            if isOfClient, let deadlyBytes {
                let seen = tail + buffer[..<count]
                if seen.firstRange(of: deadlyBytes) != nil { break }
                tail = Array(seen.suffix(deadlyBytes.count - 1))
            }
            if delay > .zero { usleep(UInt32(delay / .microseconds(1))) }
            var written = 0
            while written < permitted {
                let result = buffer[written..<permitted].withUnsafeBytes { send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard result > 0 else { break forwarding }
                written += result
            }
            if permitted < count {
                cut()
                break
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
