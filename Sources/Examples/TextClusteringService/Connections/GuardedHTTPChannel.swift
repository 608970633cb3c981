public import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1

extension HTTPServerBuilder {
    /// HTTP/1.1 for clients that are not trusted: bounded in connections, bytes and time, and exact about what is no request.
    ///
    /// - Parameter limits: The bounds.
    public static func guarded(by limits: ConnectionLimits) -> HTTPServerBuilder {
        let connections = ClientConnections(limits: limits)
        return HTTPServerBuilder { responder in GuardedHTTPChannel(responder: responder, connections: connections) }
    }
}

/// Hummingbird's HTTP/1.1 with a ``RequestGate`` before it.
private struct GuardedHTTPChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let http: HTTP1Channel.Value
        let connection: ClientConnection
        var channel: any Channel { http.channel }
    }

    private let http: HTTP1Channel
    private let connections: ClientConnections

    init(responder: @escaping HTTPChannelHandler.Responder, connections: ClientConnections) {
        // The gate sees to time.
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 16_384, maxHeaderListSize: 65_536, maxHeaderFieldCount: 128)
        http = HTTP1Channel(responder: responder, configuration: .init(idleTimeout: nil, httpDecoderConfiguration: decoder))
        self.connections = connections
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let connection = connections.open(channel)
        return http.setup(channel: channel, logger: logger).flatMapThrowing { [limits = connections.limits] http in
            let operations = channel.pipeline.syncOperations
            let decoder = try operations.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try operations.addHandler(RequestGate(connection: connection, limits: limits, logger: logger), position: .after(decoder))
            return Value(http: http, connection: connection)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await ClientConnection.$current.withValue(value.connection) {
            await http.handle(value: value.http, logger: logger)
        }
    }
}
