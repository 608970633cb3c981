internal import Hummingbird
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// Stands between the parser of HTTP/1 and the service: lets in one proper request at a time, and bounds how long each part of it may take.
///
/// - A request behind another waits until that one has been answered, and no more is read meanwhile.
/// - What is no request is answered here. A failure of the body reaches the service as an ``HTTPFailure``, so that all answers look alike.
/// - `100 Continue` is sent when the service begins to read the body.
/// - After the last response the client is listened to for a while: closing with bytes unread would reset the connection, and the response
///   with it.
final class RequestGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// What the service tells the gate of the request that it answers.
    enum Event: Sendable {
        case readBody
        case refuseBody(HTTPFailure)
    }

    private enum Phase {
        /// For the head of a request.
        case waiting
        case exchanging(Exchange)
        /// The response is on its way, and another request may come.
        case flushing
        /// The last response is on its way.
        case ending
        /// The last response has been sent.
        case lingering
    }

    /// For how long the client is listened to after the last response.
    private static let lingeringTime = TimeAmount.seconds(2)

    private let connection: ClientConnection
    private let limits: ConnectionLimits
    private let logger: Logger
    private var phase = Phase.waiting
    /// What came while a request was being answered.
    private var pending = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 0)
    private var pendingError: HTTPParserError?
    private var isReadWanted = false
    private var isInputClosed = false
    private var isDraining = false
    /// Ends what the phase waits for.
    private var timer: Scheduled<Void>?
    private var abandonmentTimer: Scheduled<Void>?

    init(connection: ClientConnection, limits: ConnectionLimits, logger: Logger) {
        self.connection = connection
        self.limits = limits
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        schedule(in: limits.headTimeout, context) { [self] in
            refuse(HTTPFailure(.requestTimeout, "the head of the request was not complete in time"), context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        abandonmentTimer?.cancel()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch phase {
        case .waiting: receive(part, context)
        case .exchanging(let exchange) where !exchange.isComplete: receive(part, context)
        case .exchanging, .flushing: pending.append(part)
        case .ending, .lingering: break
        }
    }

    private func receive(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (part, phase) {
        case (.head(let head), .waiting): begin(head, context)
        case (.body(let bytes), .exchanging(var exchange)):
            exchange.pace.receive(bytes.readableBytes)
            phase = .exchanging(exchange)
            if exchange.takesBody { context.fireChannelRead(wrapInboundOut(part)) }
        case (.end, .exchanging(var exchange)):
            let takesBody = exchange.takesBody
            exchange.isComplete = true
            phase = .exchanging(exchange)
            guard takesBody else { return }
            timer?.cancel()
            connection.setBusy()
            context.fireChannelRead(wrapInboundOut(part))
        // The parser does not give parts in another order.
        default: break
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        timer?.cancel()
        if let refusal = head.refusal { return refuse(refusal, context, isHead: head.method == .HEAD) }
        let mayEnter = connection.begin(head.headers)
        guard mayEnter, !connection.isGuest || !head.hasBody else {
            let refusal = HTTPFailure(.serviceUnavailable, "too many connections at the moment", retryAfter: 1)
            return refuse(refusal, context, isHead: head.method == .HEAD)
        }
        let exchange = Exchange(
            head, isLast: connection.isGuest || isDraining, pace: BodyPace(start: context.eventLoop.now, limits: limits))
        phase = .exchanging(exchange)
        if head.hasBody { watchBody(exchange.pace, context) }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    private func watchBody(_ pace: BodyPace, _ context: ChannelHandlerContext) {
        schedule(in: pace.deadline - context.eventLoop.now, context) { [self] in
            guard case .exchanging(let exchange) = phase, exchange.takesBody else { return }
            if exchange.pace.deadline > context.eventLoop.now { return watchBody(exchange.pace, context) }
            fail(HTTPFailure(.requestTimeout, exchange.pace.complaint), context)
        }
    }

    /// Has the service answer a request whose body will never be complete.
    private func fail(_ failure: HTTPFailure, _ context: ChannelHandlerContext) {
        guard case .exchanging(var exchange) = phase, exchange.takesBody else { return }
        exchange.isBroken = true
        phase = .exchanging(exchange)
        context.fireErrorCaught(failure)
        schedule(in: limits.headTimeout, context) { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        switch phase {
        case .waiting: refuse(HTTPFailure(error), context)
        case .exchanging(let exchange) where exchange.takesBody: fail(HTTPFailure(error), context)
        case .exchanging, .flushing: pendingError = pendingError ?? error
        case .ending, .lingering: break
        }
    }

    func read(context: ChannelHandlerContext) {
        if pending.isEmpty { context.read() } else { isReadWanted = true }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody else wants to hear the end of it.
        if case .lingering = phase { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: drain(context)
        case ChannelEvent.inputClosed: closeInput(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func drain(_ context: ChannelHandlerContext) {
        isDraining = true
        switch phase {
        case .waiting: context.close(promise: nil)
        case .exchanging(var exchange):
            exchange.isLast = true
            phase = .exchanging(exchange)
        case .flushing: phase = .ending
        case .ending, .lingering: break
        }
    }

    private func closeInput(_ context: ChannelHandlerContext) {
        isInputClosed = true
        switch phase {
        case .waiting, .lingering: context.close(promise: nil)
        // Where more requests have come, the service is told after the last of them.
        case .exchanging, .flushing:
            guard pending.isEmpty else { return }
            abandonmentTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.abandonmentGrace)) { [connection] in
                connection.abandon()
            }
        case .ending: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.abandon()
        context.fireChannelInactive()
    }

    // MARK: Responses

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let event = event as? Event else { return context.triggerUserOutboundEvent(event, promise: promise) }
        switch event {
        case .readBody:
            guard case .exchanging(var exchange) = phase, exchange.expectsContinue, exchange.takesBody else { break }
            exchange.expectsContinue = false
            phase = .exchanging(exchange)
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
        case .refuseBody(let failure): fail(failure, context)
        }
        promise?.succeed()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // The service answers what the gate has answered before it.
        guard case .exchanging(var exchange) = phase else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            exchange.begin(&head)
            phase = .exchanging(exchange)
            timer?.cancel()
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end: end(data, isLast: exchange.isLast, context, promise: promise)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .exchanging(let exchange) = phase, exchange.hasResponse {
            timer?.cancel()
            if !context.channel.isWritable { schedule(in: limits.writeTimeout, context) { context.close(promise: nil) } }
        }
        context.fireChannelWritabilityChanged()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch (mode, phase) {
        // The gate does it, when the response has been sent.
        case (.output, .ending), (.output, .lingering): promise?.succeed()
        default: context.close(mode: mode, promise: promise)
        }
    }

    /// Answers a request that the service does not see.
    private func refuse(_ failure: HTTPFailure, _ context: ChannelHandlerContext, isHead: Bool = false) {
        logger.debug("Request refused", metadata: ["status": "\(failure.status.code)", "error": "\(failure.message)"])
        let body = failure.body
        var headers = HTTPHeaders([
            ("Content-Type", "application/json"), ("Content-Length", "\(body.count)"), ("Connection", "close"),
        ])
        for field in failure.headers { headers.add(name: field.name.rawName, value: field.value) }
        let status = HTTPResponseStatus(statusCode: failure.status.code, reasonPhrase: failure.status.reasonPhrase)
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        if !isHead { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil) }
        end(wrapOutboundOut(.end(nil)), isLast: true, context, promise: nil)
    }

    /// Writes the end of a response, and sees to it that the client takes it.
    private func end(_ data: NIOAny, isLast: Bool, _ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        phase = isLast ? .ending : .flushing
        schedule(in: limits.writeTimeout, context) { context.close(promise: nil) }
        let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success: responseSent(context)
            case .failure: context.close(promise: nil)
            }
        }
        context.writeAndFlush(data, promise: sent)
    }

    private func responseSent(_ context: ChannelHandlerContext) {
        timer?.cancel()
        connection.end()
        switch phase {
        case .flushing:
            phase = .waiting
            schedule(in: limits.idleTimeout, context) { context.close(promise: nil) }
            proceed(context)
        case .ending: linger(context)
        case .waiting, .exchanging, .lingering: break
        }
    }

    /// Goes on with what came while the last request was answered.
    private func proceed(_ context: ChannelHandlerContext) {
        while let part = pending.popFirst() {
            receive(part, context)
            if case .exchanging(let exchange) = phase, exchange.isComplete { break }
            if case .ending = phase { pending.removeAll() }
        }
        context.fireChannelReadComplete()
        guard pending.isEmpty else { return }
        if let error = pendingError {
            pendingError = nil
            errorCaught(context: context, error: error)
        }
        if isInputClosed { closeInput(context) }
        if isReadWanted {
            isReadWanted = false
            context.read()
        }
    }

    private func linger(_ context: ChannelHandlerContext) {
        guard !isInputClosed else { return context.close(promise: nil) }
        phase = .lingering
        context.close(mode: .output, promise: nil)
        schedule(in: Self.lingeringTime, context) { context.close(promise: nil) }
        context.read()
    }

    // MARK: Time

    private func schedule(in duration: Duration, _ context: ChannelHandlerContext, _ action: @escaping () -> Void) {
        schedule(in: TimeAmount(duration), context, action)
    }

    private func schedule(in time: TimeAmount, _ context: ChannelHandlerContext, _ action: @escaping () -> Void) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time, action)
    }
}
