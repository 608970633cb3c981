internal import Glibc

/// Whose a connection is: an IPv4 address, or the first 64 bits of an IPv6 address, which one customer has to itself.
struct ClientAddress: Hashable, Sendable {
    private let bytes: [UInt8]

    init(_ address: sockaddr_storage) {
        bytes = withUnsafeBytes(of: address) { storage in
            switch Int32(address.ss_family) {
            case AF_INET:
                let start = MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) ?? 4
                return Array(storage[start..<start + 4])
            case AF_INET6:
                let start = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 8
                let whole = storage[start..<start + 16]
                // A listener on `::` sees IPv4 clients by IPv4-mapped addresses.
                let isMapped = whole.prefix(10).allSatisfy { $0 == 0 } && whole.dropFirst(10).prefix(2).allSatisfy { $0 == 0xFF }
                return Array(isMapped ? whole.suffix(4) : whole.prefix(8))
            default: return []
            }
        }
    }
}
