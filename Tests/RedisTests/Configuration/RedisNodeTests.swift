import Redis
import Testing

@Suite("RedisNode")
struct RedisNodeTests {
    @Test(arguments: [
        ("redis", "redis", 6379), ("redis:7000", "redis", 7000), ("10.0.0.1:7000", "10.0.0.1", 7000), ("[::1]:7000", "::1", 7000),
        ("[::1]", "::1", 6379), ("fe80::1", "fe80::1", 6379),
    ])
    func textIsRead(_ text: String, _ host: String, _ port: Int) {
        #expect(RedisNode(text) == RedisNode(host: host, port: UInt16(port)))
    }

    @Test(arguments: ["", ":7000", "redis:", "redis:0", "redis:65536", "redis:-1", "redis:x", "[::1", "[::1]x", "[]:7000"])
    func nonsenseIsRefused(_ text: String) {
        #expect(RedisNode(text) == nil)
    }

    @Test(arguments: ["redis:7000", "[::1]:7000"])
    func descriptionIsReadBack(_ text: String) {
        #expect(RedisNode(text)?.description == text)
    }
}
