import EventLoop
import TLS
import Testing

@testable import RabbitMQ

@Suite("RabbitMQConfiguration")
struct RabbitMQConfigurationTests {
    @Test func passwordShowsNowhere() {
        let configuration = RabbitMQConfiguration(credentials: .plain(user: "someone", password: "s3cret"))
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), "\(configuration.credentials)", dumped] {
            #expect(!text.contains("s3cret"))
            #expect(text.contains("someone"))
        }
    }

    @Test func descriptionNamesNodesAndVirtualHost() {
        let configuration = RabbitMQConfiguration(
            nodes: [RabbitMQNode(host: "a"), RabbitMQNode(host: "b", port: 5671)], virtualHost: "models", tls: TLSConfiguration())
        #expect("\(configuration)" == "amqps://a:5672,b:5671 vhost models plain(user: guest)")
    }

    @Test(arguments: [
        RabbitMQConfiguration(nodes: []), RabbitMQConfiguration(heartbeat: .milliseconds(500)),
        RabbitMQConfiguration(heartbeat: .seconds(70_000)), RabbitMQConfiguration(frameMaximum: 1 << 20),
        RabbitMQConfiguration(frameMaximum: 100), RabbitMQConfiguration(unconfirmedLimit: 0), RabbitMQConfiguration(waitingLimit: 0),
        RabbitMQConfiguration(consumerRenewal: .zero),
        RabbitMQConfiguration(tls: TLSConfiguration(certificateFile: "client.pem")),
        RabbitMQConfiguration(credentials: .external()), RabbitMQConfiguration(credentials: .external(), tls: TLSConfiguration()),
    ])
    func configurationThatCannotWorkIsRefusedBeforeConnecting(_ configuration: RabbitMQConfiguration) async {
        let connection = RabbitMQConnection(configuration: configuration, loop: EventLoop(name: "test"), logger: TestBroker.logger)
        let error = await #expect(throws: RabbitMQError.self) { try await connection.run() }
        #expect(error?.code == .invalidArgument)
    }

    @Test func nothingIsWaitedForBeyondItsDeadlineWithoutARun() async {
        let connection = RabbitMQConnection(
            configuration: RabbitMQConfiguration(), loop: EventLoop(name: "test"), logger: TestBroker.logger)
        let error = await #expect(throws: RabbitMQError.self) { try await connection.waitUntilConnected(deadline: .now) }
        #expect(error?.code == .timedOut)
        #expect(error?.message.contains("run()") == true)
        let publish = await #expect(throws: RabbitMQError.self) {
            try await connection.publish(Message(body: []), routingKey: "q", deadline: .now)
        }
        #expect(publish?.code == .timedOut)
        #expect(publish?.isOutcomeUnknown == false)
    }

    @Test func waitingPublishesAreBounded() async {
        let connection = RabbitMQConnection(
            configuration: RabbitMQConfiguration(waitingLimit: 2), loop: EventLoop(name: "test"), logger: TestBroker.logger)
        let codes = await withTaskGroup(of: RabbitMQError.Code?.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do throws(RabbitMQError) {
                        try await connection.publish(Message(body: []), routingKey: "q", deadline: .now + .seconds(30))
                        return nil
                    } catch { return error.code }
                }
            }
            let first = await group.next()
            group.cancelAll()
            return await group.reduce(into: [first ?? nil]) { $0.append($1) }
        }
        #expect(codes == [.overloaded, .cancelled, .cancelled])
    }
}
