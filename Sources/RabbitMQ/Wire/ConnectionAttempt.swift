internal import Glibc

/// Connects to a node once more to learn why it cannot be connected to: the library says no more than "a socket error occurred".
enum ConnectionAttempt {
    /// How long an address may take. It has just failed, so it fails again at once.
    private static let timeoutMilliseconds: Int32 = 1_000

    /// The system's words for why no address of the node takes a connection, such as `Connection refused`; `nil` if one does. Blocks.
    static func failure(to node: RabbitMQNode) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(node.host, String(node.port), &hints, &list)
        guard status == 0 else { return String(cString: gai_strerror(status)) }
        defer { freeaddrinfo(list) }
        var reason: String?
        var next = list
        while let address = next?.pointee {
            guard let failure = failure(to: address) else { return nil }
            reason = String(cString: strerror(failure))
            next = address.ai_next
        }
        return reason
    }

    private static func failure(to address: addrinfo) -> Int32? {
        let descriptor = socket(address.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return nil }
        guard errno == EINPROGRESS else { return errno }
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&entry, 1, timeoutMilliseconds) == 1 else { return ETIMEDOUT }
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 else { return errno }
        return error == 0 ? nil : error
    }
}
