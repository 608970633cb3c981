internal import EventLoop

/// Makes connections that are ready for use. Used on the loop's thread.
struct Connector {
    let configuration: RedisConfiguration
    let loop: EventLoop
    let clientName: String?

    /// A connection to the first node that greets us, or the reasons why none does.
    nonisolated(nonsending) func connect() async throws -> Wire {
        var failures: [RedisError] = []
        for node in nodesInOrder {
            do {
                return try await connect(to: node)
            } catch let error as RedisError {
                failures.append(error)
            }
        }
        throw Self.summary(of: failures)
    }

    private var nodesInOrder: [RedisNode] {
        configuration.nodeOrder == .random ? configuration.nodes.shuffled() : configuration.nodes
    }

    nonisolated(nonsending) private func connect(to node: RedisNode) async throws -> Wire {
        let deadline = LoopDeadline(
            loop: loop, instant: .now.advanced(by: configuration.connectTimeout),
            error: RedisError(.cannotConnect, "no answer within \(configuration.connectTimeout)")
        )
        do {
            let addresses = try await AddressResolver.addresses(of: node, within: deadline)
            let stream = try await SocketStream.connect(to: addresses, userTimeout: configuration.commandTimeout, before: deadline)
            let wire = Wire(stream: stream, node: node, loop: loop, maximumReplyBytes: configuration.maximumReplyBytes)
            try await greet(wire, before: deadline)
            return wire
        } catch let error as RedisError {
            throw RedisError(
                error.code == .connectionLost ? .cannotConnect : error.code, error.message, node: node, serverError: error.serverError,
                underlying: error.underlying
            )
        } catch let error as SystemError {
            throw RedisError(.cannotConnect, "no connection; check that the server runs and is reachable", node: node, underlying: error)
        }
    }

    nonisolated(nonsending) private func greet(_ wire: Wire, before deadline: LoopDeadline) async throws {
        var handshake = Handshake(configuration, clientName: clientName)
        for reply in try await wire.exchange(handshake.commands, before: deadline) { try handshake.receive(reply) }
    }

    /// One error stands for itself. Of several, the message names all, and a refusal stands out only if every node refuses.
    private static func summary(of failures: [RedisError]) -> RedisError {
        guard failures.count > 1 else { return failures.first ?? RedisError(.invalidConfiguration, "no Redis node is configured") }
        let isRejected = failures.allSatisfy { $0.code == .rejected }
        let reasons = failures.map(\.description).joined(separator: "; ")
        return RedisError(
            isRejected ? .rejected : .cannotConnect, "none of \(failures.count) nodes accepted a connection: \(reasons)",
            serverError: failures.lazy.compactMap(\.serverError).first
        )
    }
}
