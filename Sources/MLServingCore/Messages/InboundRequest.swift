/// Where the result of a request goes.
package enum ResultDestination: Sendable, Hashable {
    /// Into the store, under a key.
    case store(key: String)
    /// To a queue, as the reply to a request.
    case reply(queue: String, correlationID: String?)

    /// What a request's properties name, permitted or not: ``AnswerPolicy`` decides. `nil` when they name nothing, so that nobody waits.
    init?(namedBy message: Message) {
        if let queue = message.replyTo, !queue.isEmpty {
            self = .reply(queue: queue, correlationID: message.correlationID ?? message.messageID)
        } else if let key = message.headers[MessageHeader.resultKey]?.string ?? message.headers[MessageHeader.templateMessageID]?.string
            ?? message.correlationID, !key.isEmpty
        {
            self = .store(key: key)
        } else {
            return nil
        }
    }

    /// The result key.
    var key: String? {
        if case .store(let key) = self { key } else { nil }
    }

    /// The headers that name a key, the first of them that has a value.
    private static let keyHeaders = [MessageHeader.resultKey, MessageHeader.templateMessageID]

    /// The header that is to name the key, and does not, because its value is no text; `nil` when there is none. A null counts as no value.
    static func unreadableHeader(of message: Message) -> String? {
        guard message.replyTo?.isEmpty ?? true else { return nil }
        for name in keyHeaders {
            switch message.headers[name] {
            case nil, .null?: continue
            case .string?: return nil
            default: return name
            }
        }
        return nil
    }
}

/// A request as a consumer sees it: its inputs told apart, none of them decoded.
struct InboundRequest: Sendable {
    let id: String
    let inputs: [ArraySlice<UInt8>]
    /// What it says beside them.
    let content: RequestContent

    /// - Throws: ``ServingError`` with `unsupported_content_type` or `malformed_request`.
    ///
    /// - Parameter byteCount: What a compressed body may expand to.
    init(_ message: Message, encoding: RequestEncoding, expandsTo byteCount: Int = PayloadCompression.maximumByteCount) throws(ServingError)
    {
        if let refusal = encoding.refusal { throw refusal }
        if let foreign = encoding.foreign {
            id = foreign.id
            inputs = [try foreign.input()]
            content = RequestContent()
            return
        }
        id = Self.id(of: message)
        content = try RequestContent(message.headers)
        let codec = encoding.input
        let body = try message.expandedBody(maximumByteCount: byteCount)
        guard let header = message.headers[MessageHeader.items] else {
            inputs = [body[...]]
            return
        }
        // Who says less than there is would have more taken apart than there is room for.
        if let count = codec.count(ofList: body[...]), Int64(count) > header.integer ?? -1 {
            throw Self.contradiction(header, count)
        }
        do {
            inputs = try codec.split(list: body[...])
        } catch {
            throw ServingError(
                code: .malformedRequest, message: "the body is not a list of inputs in \(codec.contentType): \(error.plainWords)")
        }
        guard header.integer == Int64(inputs.count) else { throw Self.contradiction(header, inputs.count) }
    }

    private static func contradiction(_ header: HeaderValue, _ count: Int) -> ServingError {
        let said = header.integer.map(String.init) ?? "\(header)"
        return ServingError(code: .malformedRequest, message: "\(MessageHeader.items) says \(said), the body has \(count) inputs")
    }

    /// The request's name in logs and records.
    static func id(of message: Message) -> String {
        message.messageID ?? message.correlationID ?? message.headers[MessageHeader.templateMessageID]?.string ?? "unnamed"
    }
}
