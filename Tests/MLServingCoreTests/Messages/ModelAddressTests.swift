import Testing

@testable import MLServingCore

@Suite("ModelAddress")
struct ModelAddressTests {
    @Test(arguments: [("embedder", nil), ("embedder", "2"), ("modèle", "1.0.0-rc_1+b"), ("a/b.c", nil)] as [(String, String?)])
    func textNamesTheSameModelAgain(name: String, version: String?) throws {
        let address = try #require(ModelAddress(name, version: version))
        #expect(ModelAddress(address.description) == address)
        #expect((address.name, address.version) == (name, version))
    }

    @Test func versionsHaveQueuesOfTheirOwn() {
        #expect(("embedder" as ModelAddress).queue == "embedder")
        #expect(("embedder:2" as ModelAddress).queue == "embedder.v2")
    }

    @Test(arguments: [
        "", ":", ":1", "amq.gen-x", "amq.rabbitmq.reply-to:1", "a:", "a b", "a:1:2", "a:é", "a\n", "a\u{202E}b", "a\u{0}", "\u{E000}",
        String(repeating: "x", count: 101),
        "a:" + String(repeating: "1", count: 65),
    ])
    func whatIsNoNameIsRefused(text: String) {
        #expect(ModelAddress(text) == nil)
    }
}
