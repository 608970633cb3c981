/// Where a consumer sends answers: whoever may publish a request names the place, and is trusted with no other.
///
/// A request whose answer may not go where it wants is not served: it rests with the dead letters, as `malformed_request`, and is answered nowhere.
/// By default an answer may go
///
/// - under a key that begins with one of ``keyPrefixes`` and a colon, and under a bare UUID, as the template's programs make them;
/// - to `amq.rabbitmq.reply-to.…`, the direct reply-to of RabbitMQ, and to `amq.gen-…`, a queue that the broker has named;
/// - with Celery served, under `celery-task-meta-<UUID>` and to a queue whose name is a UUID.
///
/// No key of the consumer's own marks and shared outputs is permitted, whatever the prefixes are, and no marker of a producer. A result never
/// replaces another value: it is stored only if its key is free.
public struct AnswerPolicy: Sendable, Hashable {
    /// What result keys may begin with, followed by a colon: the `RESULT_PREFIX` of every producer that is to be served.
    public var keyPrefixes: [String]

    /// Patterns of further queues that replies may go to; `*` stands for any text, `?` for one character.
    public var replyQueues: [String]

    /// What Celery applications put before all keys; `nil`: none is served.
    package var celeryKeyPrefix: String?

    /// The longest key, and the longest name of a queue that AMQP has.
    private static let maximumKeyLength = 512
    private static let maximumQueueLength = 255

    /// Permits the usual addresses, and more.
    ///
    /// - Parameters:
    ///   - keyPrefixes: What result keys may begin with.
    ///   - replyQueues: Patterns of further queues for replies.
    public init(keyPrefixes: [String] = ["mlserving"], replyQueues: [String] = []) {
        self.keyPrefixes = keyPrefixes
        self.replyQueues = replyQueues
    }

    /// Whether keys with a prefix could be names of the consumer's own marks, so that it cannot be the prefix of results.
    package static func isReserved(prefix: String) -> Bool {
        ControlKey.isReserved(prefix + ":")
    }

    // MARK: Places

    /// Whether a result may be stored under a key.
    public func permits(key: String) -> Bool {
        guard key.utf8.count <= Self.maximumKeyLength, key.isPlain, !ControlKey.isReserved(key) else { return false }
        if key.utf8.isUUID { return true }
        if let celeryKeyPrefix, let id = key.utf8.without(prefix: celeryKeyPrefix + "celery-task-meta-"), id.isUUID { return true }
        return keyPrefixes.contains { prefix in
            guard let rest = key.utf8.without(prefix: prefix + ":"), !rest.isEmpty else { return false }
            return !Self.isMarker(rest)
        }
    }

    /// A producer's marker is `<prefix>:{<producer id>}:marker-<number>`. Who could write it could hide from its producer that results are lost.
    private static func isMarker(_ rest: Substring.UTF8View) -> Bool {
        let last = rest.lastIndex(of: UInt8(ascii: ":")).map { rest[rest.index(after: $0)...] } ?? rest
        return last.starts(with: "marker-".utf8)
    }

    /// Whether a reply may go to a queue.
    public func permits(replyQueue queue: String) -> Bool {
        guard !queue.isEmpty, queue.utf8.count <= Self.maximumQueueLength, queue.isPlain else { return false }
        for prefix in ["amq.rabbitmq.reply-to.", "amq.gen-"] {
            if let rest = queue.utf8.without(prefix: prefix), !rest.isEmpty, rest.allSatisfy(\.isOfServerName) { return true }
        }
        if celeryKeyPrefix != nil, queue.utf8.isUUID { return true }
        return replyQueues.contains { NamePattern($0).matches(queue) }
    }

    // MARK: Requests

    /// Where a request's answer goes; `nil`: nobody waits for one.
    ///
    /// A request that names both a reply address and a key is answered by a reply.
    ///
    /// - Throws: ``ServingError`` with `malformed_request` when the answer may not go where the request wants it, or when the key is no text.
    func destination(of message: Message) throws(ServingError) -> ResultDestination? {
        if let header = ResultDestination.unreadableHeader(of: message) {
            throw ServingError(code: .malformedRequest, message: "the header \(header) names no key: it is no text in UTF-8")
        }
        return try permitted(ResultDestination(namedBy: message))
    }

    /// The place that a request names, in whichever system's form.
    ///
    /// - Throws: ``ServingError`` with `malformed_request` when it is not permitted.
    func permitted(_ destination: ResultDestination?) throws(ServingError) -> ResultDestination? {
        switch destination {
        case .store(let key)? where !permits(key: key):
            throw Self.refusal("the result may not be stored under \"\(key.harmless(maximumLength: 200))\"", "RESULT_PREFIXES")
        case .reply(let queue, let correlationID)?:
            guard permits(replyQueue: queue) else {
                throw Self.refusal("the reply may not go to \"\(queue.harmless(maximumLength: 200))\"", "REPLY_QUEUES")
            }
            guard correlationID.map({ $0.utf8.count <= Self.maximumQueueLength }) ?? true else {
                throw ServingError(code: .malformedRequest, message: "the correlation id is longer than \(Self.maximumQueueLength) bytes")
            }
            return destination
        default:
            return destination
        }
    }

    private static func refusal(_ what: String, _ setting: String) -> ServingError {
        ServingError(code: .malformedRequest, message: "\(what): the answer may not go there, unless the consumer's \(setting) permits it")
    }
}

extension String {
    /// Whether it has no control or format characters and no space.
    fileprivate var isPlain: Bool {
        utf8.allSatisfy { (0x21...0x7E).contains($0) } || unicodeScalars.allSatisfy { !$0.isUnprintable && !$0.properties.isWhitespace }
    }
}

extension BidirectionalCollection where Element == UInt8 {
    /// Whether it is a UUID as RFC 9562 writes it, in either case.
    fileprivate var isUUID: Bool {
        count == 36
            && enumerated().allSatisfy { index, byte in
                switch index {
                case 8, 13, 18, 23: byte == UInt8(ascii: "-")
                default: Character(Unicode.Scalar(byte)).isHexDigit
                }
            }
    }
}

extension String.UTF8View {
    /// What follows a prefix; `nil` if it does not begin with it.
    fileprivate func without(prefix: String) -> Substring.UTF8View? {
        starts(with: prefix.utf8) ? self[index(startIndex, offsetBy: prefix.utf8.count)...] : nil
    }
}

extension UInt8 {
    /// Whether a broker uses it in names that it makes: base64, either kind, and separators.
    fileprivate var isOfServerName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "$"):
            true
        default: false
        }
    }
}
