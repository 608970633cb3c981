import Hummingbird
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import TextClusteringService

/// The gate alone, in virtual time.
@Suite struct RequestGateTests {
    private final class Recorder: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        var parts: [HTTPServerRequestPart] = []
        var failures: [HTTPFailure] = []

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            parts.append(unwrapInboundIn(data))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            if let failure = error as? HTTPFailure { failures.append(failure) }
        }
    }

    private let channel = EmbeddedChannel()
    private let recorder = Recorder()
    private let connection: ClientConnection
    private let limits = ConnectionLimits(
        headTimeout: .seconds(10), bodyTimeout: .seconds(30), minimumBodyRate: 100, bodyGrace: .seconds(5), idleTimeout: .seconds(60),
        writeTimeout: .seconds(20), abandonmentGrace: .seconds(2))

    init() throws {
        connection = ClientConnections(limits: limits).open(channel)
        let gate = RequestGate(connection: connection, limits: limits, logger: Service.logger)
        try channel.pipeline.syncOperations.addHandlers([gate, recorder])
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    private func receive(_ parts: HTTPServerRequestPart...) throws {
        for part in parts { try channel.writeInbound(part) }
    }

    private func head(
        _ method: HTTPMethod = .POST, version: HTTPVersion = .http1_1, _ headers: [(String, String)] = [("Content-Length", "1000")]
    ) -> HTTPServerRequestPart {
        .head(HTTPRequestHead(version: version, method: method, uri: "/", headers: HTTPHeaders([("Host", "x")] + headers)))
    }

    private func body(_ count: Int) -> HTTPServerRequestPart {
        .body(ByteBuffer(repeating: 0x20, count: count))
    }

    private func respond(_ status: HTTPResponseStatus = .ok) throws {
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: ["Content-Length": "0"])
        try channel.writeOutbound(HTTPServerResponsePart.head(head))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    /// The heads of all responses since the last call.
    private func responses() throws -> [HTTPResponseHead] {
        var heads: [HTTPResponseHead] = []
        while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
            if case .head(let head) = part { heads.append(head) }
        }
        return heads
    }

    @Test func connectionThatSendsNoHeadIs408() throws {
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(try responses().isEmpty)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        let response = try #require(try responses().first)
        #expect(response.status == .requestTimeout)
        #expect(response.headers["Connection"] == ["close"])
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    @Test func slowBodyFailsForTheService() throws {
        try receive(head(), body(10))
        channel.embeddedEventLoop.advanceTime(by: .seconds(6))
        #expect(recorder.failures.map(\.status) == [.requestTimeout])
        try respond(.requestTimeout)
        #expect(try responses().map { $0.headers["Connection"] } == [["close"]])
    }

    @Test func bodyThatComesFastEnoughIsWaitedFor() throws {
        try receive(head())
        for _ in 0..<20 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            try receive(body(100))
        }
        try receive(.end(nil))
        #expect(recorder.failures.isEmpty)
        try respond()
        #expect(try responses().map { $0.headers["Connection"] } == [[]])
    }

    @Test func bodyEndsSomeTimeHoweverFastItComes() throws {
        try receive(head())
        for _ in 0..<40 where recorder.failures.isEmpty {
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            try receive(body(10_000))
        }
        #expect(recorder.failures.map(\.status) == [.requestTimeout])
        #expect(recorder.parts.count <= 31)
    }

    @Test func requestThatIsAnsweredHasAllTheTimeItNeeds() throws {
        try receive(head(.GET, []), .end(nil))
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        try respond()
        #expect(try responses().map(\.status) == [.ok])
    }

    @Test func idleConnectionIsClosedWithoutAnswer() throws {
        try receive(head(.GET, []), .end(nil))
        try respond()
        _ = try responses()
        channel.embeddedEventLoop.advanceTime(by: .seconds(59))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        #expect(try responses().isEmpty)
    }

    @Test func leaveToSendTheBodyIsGivenOnceItIsRead() throws {
        try receive(head([("Content-Length", "4"), ("Expect", "100-Continue")]))
        #expect(try responses().isEmpty)
        connection.readBody()
        connection.readBody()
        #expect(try responses().map(\.status) == [.continue])
    }

    @Test func refusalTakesThePlaceOfLeave() throws {
        try receive(head([("Content-Length", "4"), ("Expect", "100-continue")]))
        try respond(.payloadTooLarge)
        connection.readBody()
        let responses = try responses()
        #expect(responses.map(\.status) == [.payloadTooLarge])
        // Nobody knows whether the body will come.
        #expect(responses[0].headers["Connection"] == ["close"])
    }

    private func head(_ headers: [(String, String)]) -> HTTPServerRequestPart { head(.POST, headers) }

    @Test func requestBehindAnotherWaits() throws {
        try receive(head(.GET, []), .end(nil), head(.GET, []), .end(nil))
        #expect(recorder.parts.count == 2)
        try respond()
        #expect(recorder.parts.count == 4)
        try respond()
        #expect(try responses().count == 2)
    }

    @Test func clientThatHasGoneEndsTheWorkAfterAWhile() throws {
        try receive(head(.GET, []), .end(nil))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        // One that closed its end only still gets what comes soon.
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!connection.isAbandoned)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(connection.isAbandoned)
    }

    @Test func drainingServiceAnswersWhatItHasBegunAndCloses() throws {
        try receive(head(.GET, []), .end(nil))
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(channel.isActive)
        try respond()
        #expect(try responses().map { $0.headers["Connection"] } == [["close"]])
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    @Test func drainingServiceClosesIdleConnections() throws {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(!channel.isActive)
    }

    @Test func responseThatIsNotTakenEndsTheConnection() throws {
        try receive(head(.GET, []), .end(nil))
        try channel.writeOutbound(HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .ok)))
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        channel.embeddedEventLoop.advanceTime(by: .seconds(20))
        #expect(!channel.isActive)
    }
}
