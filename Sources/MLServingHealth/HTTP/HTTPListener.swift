internal import Glibc

/// A socket that listens for TCP connections. Owns its descriptor.
final class HTTPListener {
    let descriptor: Int32
    /// The port, also when the system chose it.
    let port: Int

    /// What came of taking a connection in.
    enum Acceptance {
        case connection(Int32, client: ClientAddress)
        /// Nobody waits any more.
        case none
        /// The system has no room for another one now.
        case exhausted
    }

    /// - Parameters:
    ///   - host: An IPv4 or IPv6 address, or `localhost`. Names are not looked up, since that could take long.
    ///   - port: The port; 0 takes one that is free.
    /// - Throws: ``HealthServerError``.
    init(host: String, port: Int) throws(HealthServerError) {
        let name = host == "localhost" ? "127.0.0.1" : host
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST | AI_PASSIVE
        var address: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, String(port), &hints, &address) == 0, let info = address?.pointee else {
            throw HealthServerError("\(host) is not an address to listen on; expected an IP address such as 127.0.0.1 or 0.0.0.0")
        }
        defer { freeaddrinfo(address) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(info.ai_family, type, 0)
        guard descriptor >= 0 else { throw HealthServerError(call: "socket", number: errno) }
        do throws(HealthServerError) {
            // A program that is started again must not wait for what is left of its former connections.
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            guard bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, listen(descriptor, 64) == 0 else {
                throw HealthServerError(call: "listening on \(host):\(port)", number: errno)
            }
            self.port = try Self.port(of: descriptor)
            self.descriptor = descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit {
        close(descriptor)
    }

    private static func port(of descriptor: Int32) throws(HealthServerError) -> Int {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutableBytes(of: &storage) { bytes in
            // The storage is made to hold, and aligned for, any of the system's addresses.
            bytes.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress.unsafelyUnwrapped, &size) }
        }
        guard status == 0 else { throw HealthServerError(call: "getsockname", number: errno) }
        // The port stands at the same place in the addresses of both versions of IP.
        return withUnsafeBytes(of: storage) { bytes in
            Int(UInt16(bigEndian: bytes.load(fromByteOffset: MemoryLayout<sockaddr_in>.offset(of: \.sin_port) ?? 2, as: UInt16.self)))
        }
    }

    /// Takes in a connection that waits.
    func accept() -> Acceptance {
        while true {
            var peer = sockaddr_storage()
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let connection = withUnsafeMutableBytes(of: &peer) { bytes in
                // The storage is made to hold, and aligned for, any of the system's addresses.
                bytes.withMemoryRebound(to: sockaddr.self) { Glibc.accept(descriptor, $0.baseAddress, &size) }
            }
            if connection >= 0 {
                // Not inherited, as the listener is not, by programs that a predictor starts.
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                _ = fcntl(connection, F_SETFL, O_NONBLOCK)
                return .connection(connection, client: ClientAddress(peer))
            }
            switch errno {
            case EAGAIN, EWOULDBLOCK: return .none
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
            // The others concern one connection, which has gone.
            default: continue
            }
        }
    }
}
