/// What a dead letter does without when the broker does not take it whole.
enum DeadLetterReduction: String, Sendable, CaseIterable {
    case nothing
    /// Without the headers that are not the serving core's own.
    case headers
    /// Without these headers and the body.
    case headersAndBody = "headers and body"

    /// What to leave out next; `nil`: nothing is left to leave out.
    var next: DeadLetterReduction? {
        switch self {
        case .nothing: .headers
        case .headers: .headersAndBody
        case .headersAndBody: nil
        }
    }
}

extension Message {
    /// How many bytes of a header's text a reduced letter keeps at most.
    private static let keptHeaderBytes = 1_024

    private static let keptHeaders: Set<String> = [
        MessageHeader.resultKey, MessageHeader.templateMessageID, MessageHeader.deadline, MessageHeader.items, MessageHeader.attempt,
        MessageHeader.deadLetterReason, MessageHeader.deadLetterMessage, MessageHeader.deadLetterQueue, MessageHeader.deadLetterTime,
    ]

    /// Leaves something out of a dead letter, and notes what.
    mutating func reduce(by reduction: DeadLetterReduction) {
        if reduction == .nothing { return }
        let hasLostBody = headers[MessageHeader.deadLetterOmitted] != nil
        headers = headers.filter { Self.keptHeaders.contains($0.key) && $0.value.isScalar(withinBytes: Self.keptHeaderBytes) }
        var omitted = hasLostBody ? "headers, body" : "headers"
        if reduction == .headersAndBody {
            if !hasLostBody { omitted += ", \(body.count) bytes of body" }
            body = []
            contentEncoding = nil
        }
        headers[MessageHeader.deadLetterOmitted] = .string(omitted)
    }
}

extension HeaderValue {
    fileprivate func isScalar(withinBytes limit: Int) -> Bool {
        switch self {
        case .string(let text): text.utf8.count <= limit
        case .integer, .double, .bool, .null: true
        case .bytes(let bytes): bytes.count <= limit
        case .array, .table: false
        }
    }
}
