import EventLoop
import MLServingTesting
import Testing

@testable import RabbitMQ

/// Connections that end without a word from the broker, because of a message or not.
@Suite("Connections that end without a word", .enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(5)))
struct WordlessEndTests {
    /// What the connections do not survive.
    private static let deadly = Array("deadly bytes".utf8)

    private func withProxy(_ body: @Sendable (FaultProxy, RabbitMQConnection, String) async throws -> Void) async throws {
        let proxy = try FaultProxy(to: #require(TestBroker.node))
        defer { proxy.close() }
        var configuration = TestBroker.configuration
        configuration.nodes = [proxy.node]
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("wordless")), configuration) { connection, queue in
            try await body(proxy, connection, queue)
        }
    }

    private func publish(_ body: [UInt8], to queue: String, on connection: RabbitMQConnection) async -> RabbitMQError.Code? {
        let result = await withCheckedContinuation { continuation in
            Task {
                await connection.publish(Message(body: body), routingKey: queue, mayArriveTwice: true) {
                    continuation.resume(returning: $0)
                }
            }
        }
        guard case .failure(let error) = result else { return nil }
        return error.code
    }

    @Test(arguments: [1, 2, 20]) func messageThatEndsThemIsFoundAmongItsNeighbours(_ count: Int) async throws {
        try await withProxy { proxy, connection, queue in
            proxy.cut(before: Self.deadly)
            let outcomes = await withTaskGroup(of: (Int, RabbitMQError.Code?).self) { group in
                for index in 0..<count {
                    group.addTask { (index, await publish(index == count / 3 ? Self.deadly : [UInt8(index)], to: queue, on: connection)) }
                }
                return await group.reduce(into: [Int: RabbitMQError.Code?]()) { $0[$1.0] = .some($1.1) }
            }
            #expect(outcomes.count == count)
            for (index, code) in outcomes { #expect(code == (index == count / 3 ? .poisonous : nil)) }
            // It is told apart by halving, and then by two connections of its own.
            #expect(await publish([0], to: queue, on: connection) == nil)
            let connects = await connection.statistics.connectCount
            #expect(connects <= 7 + count.bitWidth - count.leadingZeroBitCount)
            #expect(await publish([0], to: queue, on: connection) == nil)
            #expect(await connection.statistics.connectCount == connects)
        }
    }

    /// From the message the broker cannot be told from one that it ends: but it is away in between.
    @Test func brokerThatRestartsAgainAndAgainConvictsNobody() async throws {
        try await withProxy { proxy, connection, queue in
            proxy.cut(before: Self.deadly)
            async let outcome = publish(Self.deadly, to: queue, on: connection)
            for count in 1...5 {
                while await connection.statistics.connectCount < count { await Task.yield() }
                while await connection.statistics.isConnected { await Task.yield() }
                proxy.refuse(true)
                while await connection.lastFailures.isEmpty { await Task.yield() }
                proxy.refuse(false)
            }
            proxy.cut(before: nil)
            #expect(await outcome == nil)
        }
    }

    @Test func networkThatEndsEveryConnectionSoonConvictsNobody() async throws {
        try await withProxy { proxy, connection, queue in
            proxy.cut(before: Self.deadly)
            async let outcome = publish(Self.deadly, to: queue, on: connection)
            while await connection.statistics.connectCount < 3 { await Task.yield() }
            // The message waits until the connection has lasted, which it does not.
            for count in 3..<13 {
                while await connection.statistics.connectCount < count { await Task.yield() }
                while await !connection.statistics.isConnected { await Task.yield() }
                proxy.cut()
                while await connection.statistics.isConnected { await Task.yield() }
            }
            proxy.cut(before: nil)
            #expect(await outcome == nil)
        }
    }

    @Test func requestOfAReplyChannelIsFoundToo() async throws {
        try await withProxy { proxy, connection, queue in
            let channel = try await connection.openReplyChannel()
            proxy.cut(before: Self.deadly)
            let codes = await withTaskGroup(of: (Bool, RabbitMQError.Code?).self) { group in
                for index in 0..<5 {
                    let body = index == 2 ? Self.deadly : [UInt8(index)]
                    group.addTask {
                        let result = await withCheckedContinuation { continuation in
                            Task {
                                await connection.publish(Message(body: body), routingKey: queue, mayArriveTwice: true, via: channel) {
                                    continuation.resume(returning: $0)
                                }
                            }
                        }
                        guard case .failure(let error) = result else { return (index == 2, nil) }
                        return (index == 2, error.code)
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for (isDeadly, code) in codes { #expect(code == (isDeadly ? .poisonous : nil)) }
        }
    }
}
