/// Puts the frames of a channel's messages together: a method that announces content, a header, and the body in pieces.
struct ContentAssembler {
    /// The largest body that a broker can mean; RabbitMQ takes 512 MiB at most.
    private static let plausibleMaximum: UInt64 = 1 << 40

    private let limit: Int
    private var method: ContentMethod?
    private var properties: MessageProperties?
    private var defect: DeliveryDefect?
    /// How many bytes of the body are still to come.
    private var missing: UInt64 = 0
    private var body: [UInt8] = []

    /// - Parameter limit: The most bytes of a body. A larger one is read past.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func receive(_ method: ContentMethod) throws(RabbitMQError) {
        guard self.method == nil else { throw Self.violation("a method inside of a message") }
        self.method = method
    }

    /// Takes the header; a message without body is complete with it.
    mutating func receive(
        _ properties: MessageProperties, bodySize: UInt64, _ defect: DeliveryDefect? = nil
    ) throws(RabbitMQError) -> Content? {
        guard method != nil, self.properties == nil else { throw Self.violation("a header without its method") }
        guard bodySize <= Self.plausibleMaximum else { throw Self.violation("a message of \(bodySize) bytes") }
        self.properties = properties
        self.defect = defect
        if bodySize > UInt64(limit) {
            self.defect = DeliveryDefect("the body has \(bodySize) bytes, of which the client takes \(limit)")
        }
        missing = bodySize
        return takeIfComplete()
    }

    /// Takes a piece of the body; the last one completes the message.
    ///
    /// Memory grows with what has arrived, never with what a header promises.
    mutating func receive(_ piece: UnsafeRawBufferPointer) throws(RabbitMQError) -> Content? {
        guard properties != nil, UInt64(piece.count) <= missing else { throw Self.violation("more body than its header announced") }
        missing -= UInt64(piece.count)
        if defect == nil { if body.isEmpty { body = [UInt8](piece) } else { body.append(contentsOf: piece) } }
        return takeIfComplete()
    }

    private mutating func takeIfComplete() -> Content? {
        guard let method, let properties, missing == 0 else { return nil }
        let content = Content(method: method, properties: properties, body: body, defect: defect)
        self.method = nil
        self.properties = nil
        defect = nil
        body = []
        return content
    }

    private static func violation(_ what: String) -> RabbitMQError {
        RabbitMQError(.protocolViolation, "the broker sent \(what)")
    }
}

/// A method that a message follows.
enum ContentMethod: Equatable {
    case deliver(number: UInt64, isRedelivered: Bool, exchange: String, routingKey: String)
    case returned(BrokerClosure, exchange: String, routingKey: String)
}

/// A message as the broker sent it.
struct Content {
    let method: ContentMethod
    let properties: MessageProperties
    /// Empty if there is a defect.
    let body: [UInt8]
    /// Why this is not the message that was published; `nil`: it is.
    let defect: DeliveryDefect?
}
