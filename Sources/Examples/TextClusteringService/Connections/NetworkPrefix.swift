/// A range of IP addresses, such as `10.0.0.0/8` or `2001:db8::/32`.
struct NetworkPrefix: Sendable, Hashable {
    private let address: NetworkAddress
    private let mask: NetworkAddress

    /// Reads a range in CIDR notation (RFC 4632), or a single address.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = NetworkAddress(first) else { return nil }
        let width = address.isIPv4 && !first.contains(":") ? 32 : 128
        var length = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(parts[1]), number <= width else { return nil }
            length = number
        }
        // Of 128 bits; those of IPv4 are the last 32.
        length += 128 - width
        mask = NetworkAddress(
            high: length >= 64 ? .max : ~(UInt64.max >> UInt64(length)), low: length <= 64 ? 0 : ~(UInt64.max >> UInt64(length - 64)))
        self.address = NetworkAddress(high: address.high & mask.high, low: address.low & mask.low)
    }

    func contains(_ other: NetworkAddress) -> Bool {
        other.high & mask.high == address.high && other.low & mask.low == address.low
    }
}
