internal import EventLoop
internal import TLS

/// Makes connections that are ready for use. Used on the loop's thread.
struct Connector {
    let configuration: RedisConfiguration
    let loop: EventLoop
    let clientName: String?

    /// A connection to the first node that greets us, or the reasons why none does.
    nonisolated(nonsending) func connect(until interruption: Interruption) async throws -> Wire {
        var failures: [RedisError] = []
        for node in try await candidates(until: interruption) {
            do {
                return try await connect(to: node, until: interruption)
            } catch let error as RedisError {
                failures.append(error)
            }
        }
        throw Self.summary(of: failures)
    }

    /// The nodes to try, in order.
    nonisolated(nonsending) private func candidates(until interruption: Interruption) async throws -> [RedisNode] {
        if let inquiry = MasterInquiry(configuration, loop: loop) { return [try await inquiry.master()] }
        return configuration.nodeOrder == .random ? configuration.nodes.shuffled() : configuration.nodes
    }

    /// A connection to one node.
    nonisolated(nonsending) func connect(to node: RedisNode, until interruption: Interruption? = nil) async throws -> Wire {
        let deadline = LoopDeadline(
            loop: loop, instant: .now.advanced(by: configuration.connectTimeout),
            error: RedisError(.cannotConnect, "no answer within \(configuration.connectTimeout)"), interruption: interruption
        )
        do {
            let addresses = try await AddressResolver.addresses(of: node, within: deadline)
            let stream = try await stream(to: node, at: addresses, before: deadline)
            let wire = Wire(stream: stream, node: node, loop: loop, maximumReplyBytes: configuration.maximumReplyBytes)
            try await greet(wire, before: deadline)
            return wire
        } catch let error as RedisError {
            if error.code == .connectionLost, let cause = error.underlying as? TLSError { throw Self.failure(cause, node) }
            let isLost = error.code == .connectionLost
            throw RedisError(
                isLost ? .cannotConnect : error.code, error.message + (isLost && configuration.tls == nil ? Self.hint : ""), node: node,
                serverError: error.serverError, underlying: error.underlying
            )
        } catch let error as TLSError {
            throw Self.failure(error, node)
        } catch let error as SystemError {
            throw RedisError(.cannotConnect, "no connection; check that the server runs and is reachable", node: node, underlying: error)
        }
    }

    nonisolated(nonsending) private func stream(
        to node: RedisNode, at addresses: [SocketAddress], before deadline: LoopDeadline
    ) async throws -> any ByteStream {
        // Read for every connection, so that renewed certificates are used without a restart.
        let context: TLSContext? =
            if let tls = configuration.tls {
                try await BlockingCall.run(within: deadline) { try TLSContext(tls, host: node.host) }
            } else {
                nil
            }
        let socket = try await SocketStream.connect(to: addresses, userTimeout: configuration.commandTimeout, before: deadline)
        guard let context else { return socket }
        let silence = RedisError(
            .cannotConnect, "no TLS handshake within \(configuration.connectTimeout); check that the port is one for TLS"
        )
        return try await EncryptedStream.connect(
            over: socket, context, before: LoopDeadline(loop: loop, instant: deadline.instant, error: silence)
        )
    }

    nonisolated(nonsending) private func greet(_ wire: Wire, before deadline: LoopDeadline) async throws {
        var handshake = Handshake(configuration, clientName: clientName)
        let replies = try await wire.exchange(handshake.commands, before: deadline)
        if replies.count < handshake.commands.count, case .error(let reason)? = replies.last { throw handshake.farewell(reason) }
        for reply in replies { try handshake.receive(reply) }
    }

    private static let hint = "; a server that expects TLS hangs up on who does not speak it"

    /// A peer that hangs up may be about to end, or to start. Trust does not come by itself.
    private static func failure(_ error: TLSError, _ node: RedisNode) -> RedisError {
        RedisError(error.isLasting ? .tlsFailed : .cannotConnect, "no encrypted connection", node: node, underlying: error)
    }

    /// One error stands for itself. Of several, the message names all, and a code stands out only if it is that of every node.
    static func summary(of failures: [RedisError]) -> RedisError {
        guard failures.count > 1 else { return failures.first ?? RedisError(.invalidConfiguration, "no Redis node is configured") }
        let isOneCode = failures.allSatisfy { $0.code == failures[0].code }
        let reasons = failures.map(\.description).joined(separator: "; ")
        return RedisError(
            isOneCode ? failures[0].code : .cannotConnect, "none of \(failures.count) nodes accepted a connection: \(reasons)",
            serverError: failures.lazy.compactMap(\.serverError).first
        )
    }
}
