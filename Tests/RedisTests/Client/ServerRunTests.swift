import Testing

@testable import Redis

@Suite("The run of a server")
struct ServerRunTests {
    @Test func isAmongWhatTheServerTells() {
        let text = "# Server\r\nredis_version:7.0.15\r\nrun_id:0b1c2d\r\ntcp_port:6379\r\n"
        #expect(RedisReply.bulk([UInt8](text.utf8)).runIdentifier == "0b1c2d")
    }

    @Test func isUnknownWhereItIsNotTold() {
        #expect(RedisReply.bulk([UInt8]("# Server\r\nxrun_id:1\r\n".utf8)).runIdentifier == nil)
        #expect(RedisReply.error(RedisServerError(message: "NOPERM no")).runIdentifier == nil)
    }
}
