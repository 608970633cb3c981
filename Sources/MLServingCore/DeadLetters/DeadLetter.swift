/// A request that could not be served, as it rests in a queue of dead letters: the message as it was published, and what is known of why.
///
/// What the headers do not tell, or tell in a form that nobody understands, is `nil` or empty: dead letters may come from other programs, and
/// from the broker itself.
public struct DeadLetter: Sendable, Equatable, Identifiable {
    /// Names the request.
    ///
    /// It is the message's id, the id of a Celery task, the message's correlation id or its `X-Message-Id`, whichever is there first: the name by
    /// which the consumer's log tells of it. One without any of them gets a name made of its bytes, `unnamed-` and 16 hexadecimal digits, which
    /// is the same whenever it is looked at.
    public let id: String

    /// Why it is here: a code of ``ServingError``, or the broker's own word, such as `expired` or `maxlen`.
    public let reason: String

    /// What exactly was wrong.
    public let explanation: String?

    /// The queue that it came from.
    public let queue: String?

    /// When it was dead-lettered, in milliseconds since 1970. The broker tells it in whole seconds.
    public let time: Int64?

    /// How many times it was tried.
    public let attempts: Int?

    /// What came of the attempts, the oldest first.
    public let failures: [FailedAttempt]

    /// What the letter lacks of the request: `headers`, `body`, or both, such as `headers, 17000000 bytes of body`; `nil`: nothing is
    /// known to be missing.
    public let omission: String?

    /// Whether the body that was published is gone, so that the letter cannot be replayed.
    public let isBodyOmitted: Bool

    /// The message as it rests, with its body as it was published unless ``isBodyOmitted``.
    public let message: Message

    /// Reads what a message tells of itself.
    ///
    /// - Parameters:
    ///   - message: The message as it rests.
    ///   - defect: Why the message could not be read as it rests, in which case it has no body; see ``Delivery/defect``.
    public init(_ message: Message, defect: String? = nil) {
        self.message = message
        let headers = message.headers
        let noted = headers[MessageHeader.deadLetterOmitted]?.string
        // Anybody may write the header; a body that is there is there.
        isBodyOmitted = message.body.isEmpty && (defect != nil || noted?.hasSuffix("body") == true)
        omission = defect.map { "body: " + $0 } ?? noted
        id = Self.id(of: message)
        let death = Self.lastDeath(in: headers)
        reason = headers[MessageHeader.deadLetterReason]?.string ?? death.reason ?? "unknown"
        explanation = headers[MessageHeader.deadLetterMessage]?.string
        queue = headers[MessageHeader.deadLetterQueue]?.string ?? death.queue
        time = headers[MessageHeader.deadLetterTime]?.integer ?? death.time
        failures = headers[MessageHeader.failures]?.elements.suffix(FailedAttempt.maximumCount).compactMap { FailedAttempt($0) } ?? []
        let counted = headers[MessageHeader.attempt]?.integer.flatMap { Int(exactly: $0) }
        attempts = counted ?? (failures.isEmpty ? nil : failures.count)
    }

    /// The payload.
    public var body: [UInt8] { message.body }

    /// The payload's media type.
    public var contentType: String? { message.contentType }

    /// All headers, those about the dead letter included.
    public var headers: MessageHeaders { message.headers }

    /// The key that the request names for its result, permitted or not, when whoever asked waits for it in the store.
    public var resultKey: String? { ResultDestination(namedBy: message)?.key }

    /// The queue of the reply, when whoever asked waits for one.
    public var replyTo: String? { message.replyTo }

    // MARK: Replaying

    /// The request as it was when it was first published, save for its deadline.
    ///
    /// - Parameters:
    ///   - timeToLive: How long it may take from now on; `nil`: as long as it likes.
    ///   - now: The wall clock, in milliseconds since 1970.
    func request(timeToLive: Duration?, unixMilliseconds now: Int64) -> Message {
        var request = message
        request.headers = message.headers.filter { !Self.isOfDeadLetter($0.key) }
        request.timeToLive = timeToLive
        if let timeToLive {
            let (deadline, overflow) = now.addingReportingOverflow(min(timeToLive, .seconds(3_153_600_000)).milliseconds)
            request.headers[MessageHeader.deadline] = overflow ? nil : .integer(deadline)
        }
        return request
    }

    private static func isOfDeadLetter(_ header: String) -> Bool {
        switch header {
        case MessageHeader.deadLetterReason, MessageHeader.deadLetterMessage, MessageHeader.deadLetterQueue, MessageHeader.deadLetterTime,
            MessageHeader.deadLetterOmitted, MessageHeader.attempt, MessageHeader.failures, MessageHeader.deadline, MessageHeader.suspect:
            true
        default: MessageHeader.isOfBroker(header)
        }
    }

    // MARK: Reading headers

    private static func id(of message: Message) -> String {
        // Celery's messages have no id of their own; their headers name the task.
        let task = message.headers["task"]?.string == nil ? nil : message.headers["id"]?.string
        let names = [message.messageID, task, message.correlationID, message.headers[MessageHeader.templateMessageID]?.string]
        if let name = names.compactMap({ $0 }).first(where: { !$0.isEmpty }) { return name }
        // FNV-1a, 64 bits (draft-eastlake-fnv): a name, not a protection.
        let hash = message.body.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return "unnamed-" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// What the broker tells, when it was the one that dead-lettered the message.
    private static func lastDeath(in headers: MessageHeaders) -> (reason: String?, queue: String?, time: Int64?) {
        // The latest comes first.
        if case .table(let death)? = headers["x-death"]?.elements.first {
            let (milliseconds, overflow) = (death["time"]?.integer ?? 0).multipliedReportingOverflow(by: 1_000)
            return (death["reason"]?.string, death["queue"]?.string, milliseconds == 0 || overflow ? nil : milliseconds)
        }
        func header(_ name: String) -> String? { (headers["x-last-death-" + name] ?? headers["x-first-death-" + name])?.string }
        return (header("reason"), header("queue"), nil)
    }
}

extension HeaderValue {
    /// The values of an array; none of anything else.
    fileprivate var elements: [HeaderValue] {
        if case .array(let values) = self { values } else { [] }
    }
}
