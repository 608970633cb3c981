import Glibc

/// A TCP port of the loopback interface that the system chose, listened on until released.
final class LoopbackListener: Sendable {
    struct Failure: Error {
        let number: Int32
    }

    let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { system in
                bind(descriptor, system, size) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, system, &size) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        if !isBound {
            let number = errno
            close(descriptor)
            throw Failure(number: number)
        }
    }

    deinit {
        close(descriptor)
    }
}
