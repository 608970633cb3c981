import MLServing
import Testing

@Suite("Server nodes")
struct ServerNodeTests {
    private func error(_ value: String, _ key: String = "RABBIT_NODES") throws -> ConfigurationError {
        try #require(throws: ConfigurationError.self) { try SettingsReader(values: [key: value]).nodes(key, default: []) }
    }

    @Test(arguments: [
        ("(a:1 b:2)", ["a:1", "b:2"]), ("a:1", ["a:1"]), ("( a:1,b:2 )", ["a:1", "b:2"]), ("([::1]:5672)", ["[::1]:5672"]),
        ("rabbit-1.example.org:5672", ["rabbit-1.example.org:5672"]),
    ])
    func listIsRead(_ text: String, _ nodes: [String]) throws {
        #expect(try SettingsReader(values: ["NODES": text]).nodes("NODES", default: []).map(\.description) == nodes)
    }

    @Test(arguments: [
        "localhost", "localhost:", ":5672", "localhost:+5672", "localhost:0", "localhost:65536", "a@b:1", "a/b:1", "a b:1", "::1:5672",
    ])
    func whatIsNoHostAndPortIsRefused(_ text: String) {
        #expect(ServerNode(text) == nil)
    }

    @Test(
        arguments: [
            "amqp://guest:s3cret@host:5672/vhost", "(amqps://guest:s3cret@host)", "redis://:s3cret@host:6379/0", "guest:s3cret@host:5672",
            "(a:1 guest:s3cret@host:5672)",
        ], ["RABBIT_NODES", "REDIS_NODES", "REDIS_SENTINEL_NODES"])
    func urlIsAnsweredByTheKeysToUseAndNotShown(_ text: String, _ key: String) throws {
        let error = try error(text, key)
        #expect(error.key == key)
        #expect(
            error.message.contains(key.replacing("NODES", with: "USER")) && error.message.contains(key.replacing("NODES", with: "PASSWORD"))
        )
        for part in ["s3cret", "guest"] { #expect(!"\(error)".contains(part)) }
    }

    @Test func whatMayBeAPasswordIsNotShown() throws {
        for text in ["guest:s3cret", "(host:5672:s3cret)", "host/s3cret"] { #expect(!"\(try error(text))".contains("s3cret")) }
        #expect(try error("(localhost)").message.contains("\"(localhost)\" is not (host:port host:port …)"))
    }
}
