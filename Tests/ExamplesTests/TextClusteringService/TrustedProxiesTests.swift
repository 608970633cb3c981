import Testing

@testable import TextClusteringService

@Suite struct TrustedProxiesTests {
    private static func client(
        of peer: String, forwardedFor: [String] = [], forwarded: [String] = [], proxies: String = "10.0.0.0/8 fd00::/8"
    ) throws -> NetworkAddress {
        try #require(TrustedProxies(proxies)).client(
            of: #require(NetworkAddress(peer)), forwardedFor: forwardedFor, forwarded: forwarded)
    }

    @Test func headersOfAStrangerDoNotCount() throws {
        let client = try Self.client(of: "192.0.2.1", forwardedFor: ["198.51.100.1"], forwarded: ["for=198.51.100.1"])
        #expect(client == NetworkAddress("192.0.2.1"))
    }

    @Test(arguments: [
        (["198.51.100.1"], "198.51.100.1"), (["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        (["203.0.113.9", "198.51.100.1, 10.0.0.2"], "198.51.100.1"), (["198.51.100.1:4711"], "198.51.100.1"),
        (["2001:db8::1"], "2001:db8::1"), (["[2001:db8::1]:80"], "2001:db8::1"), (["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
        // Nothing is known beyond what is malformed.
        (["198.51.100.1, unknown"], "10.0.0.1"), (["198.51.100.1, unknown, 10.0.0.2"], "10.0.0.2"), ([","], "10.0.0.1"),
        (["::ffff:198.51.100.1"], "198.51.100.1"),
    ])
    func rightmostAddressThatIsNoProxyCounts(headers: [String], expected: String) throws {
        #expect(try Self.client(of: "10.0.0.1", forwardedFor: headers) == NetworkAddress(expected))
    }

    @Test(arguments: [
        (["for=198.51.100.1"], "198.51.100.1"), (["for=203.0.113.9;proto=http, For=\"198.51.100.1:80\";by=10.0.0.2"], "198.51.100.1"),
        (["proto=https;for=\"[2001:db8::1]:4711\""], "2001:db8::1"), (["for=_hidden"], "10.0.0.1"), (["proto=http"], "10.0.0.1"),
        (["for=\"a,b\", for=198.51.100.1"], "198.51.100.1"),
    ])
    func forwardedIsReadAsRFC7239Says(headers: [String], expected: String) throws {
        #expect(try Self.client(of: "10.0.0.1", forwarded: headers) == NetworkAddress(expected))
    }

    @Test func headersThatDisagreeDoNotCount() throws {
        let proxy = NetworkAddress("10.0.0.1")
        #expect(try Self.client(of: "10.0.0.1", forwardedFor: ["198.51.100.1"], forwarded: ["for=203.0.113.9"]) == proxy)
        #expect(try Self.client(of: "10.0.0.1", forwardedFor: ["192.0.2.1"], forwarded: ["for=192.0.2.1"]) == NetworkAddress("192.0.2.1"))
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.1", "10.0.0.1", true),
        ("10.0.0.1", "10.0.0.2", false),
        ("0.0.0.0/0", "192.0.2.1", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "2001:db8::1", true),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false), ("::1", "::1", true),
        ("::ffff:10.0.0.0/104", "10.1.2.3", true), ("fe80::/10", "fe80::1%eth0", true),
    ])
    func prefixContains(prefix: String, address: String, isInside: Bool) throws {
        #expect(try #require(NetworkPrefix(prefix)).contains(#require(NetworkAddress(address))) == isInside)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "::/129", "proxy", "10.0.0.0/8/8", "10.0.0.1:80"])
    func whatIsNoPrefixIsRefused(text: String) {
        #expect(NetworkPrefix(text) == nil)
        #expect(TrustedProxies("::1 \(text)") == nil)
    }

    @Test func customersNetworkIsOneClient() throws {
        #expect(try #require(NetworkAddress("2001:db8::1")).client == NetworkAddress("2001:db8::2")?.client)
        #expect(try #require(NetworkAddress("192.0.2.1")).client != NetworkAddress("192.0.2.2")?.client)
    }
}
