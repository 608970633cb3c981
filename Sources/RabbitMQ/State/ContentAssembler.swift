/// Puts the frames of a channel's messages together: a method that announces content, a header, and the body in pieces.
struct ContentAssembler {
    private let limit: Int
    private var method: ContentMethod?
    private var properties: MessageProperties?
    private var size = 0
    private var body: [UInt8] = []

    /// - Parameter limit: The most bytes of a body.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func receive(_ method: ContentMethod) throws(RabbitMQError) {
        guard self.method == nil else { throw Self.violation("a method inside of a message") }
        self.method = method
    }

    /// Takes the header; a message without body is complete with it.
    mutating func receive(_ properties: MessageProperties, bodySize: UInt64) throws(RabbitMQError) -> Content? {
        guard method != nil, self.properties == nil else { throw Self.violation("a header without its method") }
        guard bodySize <= UInt64(limit) else {
            throw RabbitMQError(.protocolViolation, "a message of \(bodySize) bytes exceeds the configured maximum of \(limit)")
        }
        self.properties = properties
        size = Int(bodySize)
        return takeIfComplete()
    }

    /// Takes a piece of the body; the last one completes the message.
    ///
    /// Memory grows with what has arrived, never with what a header promises.
    mutating func receive(_ piece: UnsafeRawBufferPointer) throws(RabbitMQError) -> Content? {
        guard properties != nil, piece.count <= size - body.count else { throw Self.violation("more body than its header announced") }
        if body.isEmpty { body = [UInt8](piece) } else { body.append(contentsOf: piece) }
        return takeIfComplete()
    }

    private mutating func takeIfComplete() -> Content? {
        guard let method, let properties, body.count == size else { return nil }
        let content = Content(method: method, properties: properties, body: body)
        self.method = nil
        self.properties = nil
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
    let body: [UInt8]
}
