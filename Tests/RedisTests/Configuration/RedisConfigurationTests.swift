import Testing

@testable import Redis

@Suite("RedisConfiguration")
struct RedisConfigurationTests {
    @Test func defaultsAreValid() throws {
        try RedisConfiguration().validate()
    }

    static let mistakes: [@Sendable (inout RedisConfiguration) -> Void] = [
        { $0.nodes = [] }, { $0.nodes = [RedisNode(host: "")] }, { $0.nodes = [RedisNode(host: "a\0b")] },
        { $0.nodes = [RedisNode(host: "a", port: 0)] }, { $0.user = "alice" }, { $0.database = -1 }, { $0.maximumReplyBytes = 0 },
        { $0.maximumReplyBytes = .max }, { $0.maximumBytesInFlight = 0 }, { $0.maximumCommandsInFlight = 0 },
        { $0.maximumSubscriptionBytes = 0 }, { $0.connectTimeout = .zero }, { $0.commandTimeout = .seconds(-1) },
        { $0.reconnectDelay = .zero }, { $0.clientName = "two words" },
    ]

    @Test(arguments: mistakes.indices)
    func mistakeIsNamed(_ index: Int) {
        var configuration = RedisConfiguration()
        Self.mistakes[index](&configuration)
        let error = #expect(throws: RedisError.self) { try configuration.validate() }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.isEmpty == false)
    }

    @Test func passwordDoesNotShow() {
        var configuration = RedisConfiguration()
        configuration.user = "alice"
        configuration.password = "s3cret"
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped, "\(configuration.password!)"] {
            #expect(!text.contains("s3cret"))
        }
    }
}
