internal import EventLoop
internal import Glibc

/// A TCP connection. Owns its descriptor.
final class SocketStream: ByteStream {
    private(set) var descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close()
    }

    /// Connects to the first address that accepts. Each address gets an equal share of the time that is left.
    ///
    /// - Parameter userTimeout: How long sent bytes may stay unacknowledged before the system ends the connection.
    nonisolated(nonsending) static func connect(
        to addresses: [SocketAddress], userTimeout: Duration, before deadline: LoopDeadline
    ) async throws -> SocketStream {
        var last: any Error = SystemError(call: "connect", number: EADDRNOTAVAIL)
        for (index, address) in addresses.enumerated() {
            do {
                let stream = try open(address)
                try stream.configure(userTimeout: userTimeout)
                if try !stream.startConnecting(to: address) {
                    let share = deadline.share(of: addresses.count - index, error: SystemError(call: "connect", number: ETIMEDOUT))
                    try await share.untilReady(stream.descriptor, for: .writable)
                    try stream.checkConnected()
                }
                return stream
            } catch let error as SystemError {
                last = error
            }
        }
        throw last
    }

    private static func open(_ address: SocketAddress) throws(SystemError) -> SocketStream {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, type, 0)
        guard descriptor >= 0 else { throw SystemError(call: "socket", number: errno) }
        return SocketStream(descriptor: descriptor)
    }

    private func configure(userTimeout: Duration) throws(SystemError) {
        let tcp = Int32(IPPROTO_TCP)
        try set(tcp, TCP_NODELAY, to: 1)
        try set(SOL_SOCKET, SO_KEEPALIVE, to: 1)
        // A peer that vanished while nothing was being sent is found out within a minute.
        try set(tcp, TCP_KEEPIDLE, to: 30)
        try set(tcp, TCP_KEEPINTVL, to: 10)
        try set(tcp, TCP_KEEPCNT, to: 3)
        try set(tcp, TCP_USER_TIMEOUT, to: Int32(clamping: userTimeout.wholeMilliseconds))
    }

    private func set(_ level: Int32, _ option: Int32, to value: Int32) throws(SystemError) {
        var value = value
        guard setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw SystemError(call: "setsockopt", number: errno)
        }
    }

    /// Whether the connection is there at once.
    private func startConnecting(to address: SocketAddress) throws(SystemError) -> Bool {
        let status = address.withSystemAddress { Glibc.connect(descriptor, $0, $1) }
        if status == 0 { return true }
        if errno == EINPROGRESS || errno == EINTR { return false }
        throw SystemError(call: "connect", number: errno)
    }

    private func checkConnected() throws(SystemError) {
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 else {
            throw SystemError(call: "getsockopt", number: errno)
        }
        if error != 0 { throw SystemError(call: "connect", number: error) }
    }

    // MARK: ByteStream

    // What was taken is with the system, and what has arrived too.
    var holdsInput: Bool { false }
    var holdsOutput: Bool { false }
    func flush() {}

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> ReceivedBytes {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .count(count) }
            if count == 0 { return .endOfStream }
            if errno == EAGAIN || errno == EWOULDBLOCK { return .none }
            if errno != EINTR { throw SystemError(call: "recv", number: errno) }
        }
    }

    func send(_ bytes: UnsafeRawBufferPointer, hasMore: Bool) throws(SystemError) -> Int {
        let flags = Int32(MSG_NOSIGNAL) | (hasMore ? Int32(MSG_MORE) : 0)
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags)
            if count >= 0 { return count }
            if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
            if errno != EINTR { throw SystemError(call: "send", number: errno) }
        }
    }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }
}
