internal import Glibc

/// An IP address. IPv4 addresses are kept in IPv6's form (`::ffff:10.0.0.1`), so that both ways to write one are equal.
struct NetworkAddress: Sendable, Hashable {
    /// The first and the last eight bytes.
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads an address such as `192.0.2.1` or `2001:db8::1`, without port and brackets.
    init?(_ text: some StringProtocol) {
        // The zone of a link-local address says nothing about the client.
        let text = String(text.prefix { $0 != "%" })
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(UInt32(bigEndian: four.s_addr)))
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            let (high, low) = withUnsafeBytes(of: six) { bytes in
                (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            self.init(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
        } else {
            return nil
        }
    }

    /// Whether it is an IPv4 address.
    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// What limits count as one client: an IPv4 address, or the 64 bits of an IPv6 address that one customer has to itself.
    var client: NetworkAddress { isIPv4 ? self : NetworkAddress(high: high, low: 0) }
}
