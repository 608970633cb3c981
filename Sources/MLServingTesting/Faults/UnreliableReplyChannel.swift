internal import EventLoop
internal import MLServingCore
internal import Synchronization

/// Requests and their replies over connections that come and go.
final class UnreliableReplyChannel: ReplyChannel {
    private enum Item: Sendable {
        case reply(Message)
        case missed
    }

    private let transport: UnreliableTransport
    private let items = Mailbox<Item>()
    private let channel = Mutex<(any ReplyChannel)?>(nil)

    init(transport: UnreliableTransport) {
        self.transport = transport
    }

    func open() async {
        _ = await transport.link { await self.open(on: $0) }
    }

    private func open(on connection: any Transport) async {
        guard let channel = try? await connection.broker.openReplyChannel() else { return }
        let isAgain = self.channel.withLock { current in
            defer { current = channel }
            return current != nil
        }
        // Replies to what was asked before went to an address that is no more.
        if isAgain { items.append(.missed) }
        Task(executorPreference: transport.executor) {
            while case let replies? = try? await channel.next() {
                for reply in replies.messages { self.receive(reply, on: connection) }
            }
        }
    }

    private func receive(_ reply: Message, on connection: any Transport) {
        let (transport, delay) = (transport, transport.draw(transport.faults.latency))
        transport.executor.execute {
            transport.executor.schedule(at: transport.executor.now + delay) {
                if transport.isUp(connection) { self.items.append(.reply(reply)) }
            }
        }
    }

    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        transport.executor.execute {
            if let error = self.transport.refusal(of: message) { return completion(.failure(error)) }
            guard let channel = self.channel.withLock({ $0 }) else { return completion(.failure(UnreliableTransport.away)) }
            self.transport.send(completion) { channel.publish(message, to: route, completion: $1) }
        }
    }

    func next() async throws -> Replies {
        var replies = Replies(messages: [])
        for item in try await items.next() {
            switch item {
            case .reply(let message): replies.messages.append(message)
            case .missed: replies.mayHaveMissed = true
            }
        }
        return replies
    }
}
