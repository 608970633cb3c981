internal import Digests

/// What tells a request from every other: its own id and where its answer goes.
///
/// Neither alone will do. Several requests may name one reply address and correlation id, and each is answered. Whoever knows a result key may
/// publish a message that names it, which must not pass for the request that the key belongs to. A message that has no id has no identity: a
/// second one is served by itself.
struct RequestIdentity: Hashable {
    let destination: ResultDestination
    let id: String

    /// - Returns: `nil` for a request that cannot be told from others, or that nobody waits for.
    init?(_ message: Message, foreign: (any ForeignRequest)?, destination: ResultDestination?) {
        guard let destination, let id = foreign?.id ?? message.messageID ?? message.headers[MessageHeader.templateMessageID]?.string
        else { return nil }
        self.destination = destination
        self.id = id
    }

    /// By bytes: texts that Swift takes for the same may be different keys.
    static func == (left: RequestIdentity, right: RequestIdentity) -> Bool {
        left.id == right.id && left.destination == right.destination && left.texts.elementsEqual(right.texts) { $0.elementsEqual($1) }
    }

    private var texts: [String.UTF8View] {
        switch destination {
        case .store(let key): [id.utf8, key.utf8]
        case .reply(let queue, let correlationID): [id.utf8, queue.utf8, (correlationID ?? "").utf8]
        }
    }
}

extension RequestIdentity {
    /// A digest of a request's id, its result key and its body.
    static func digest(id: String, _ destination: ResultDestination?, _ body: [UInt8]) -> SHA256Digest {
        var bytes: [UInt8] = []
        for text in [id, destination?.key ?? ""] {
            // With its length, or the end of one could be the beginning of the next.
            withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: text.utf8)
        }
        bytes.append(contentsOf: body)
        return SHA256Digest(of: bytes)
    }
}

extension ActiveRequest {
    /// What names the request among those that consumers were lost for: its id, its key and its bytes, so that no other message with that key is
    /// taken for it.
    var digest: SHA256Digest {
        RequestIdentity.digest(id: id, destination, message.body)
    }

    /// What its cancel mark is named by; `nil`: it cannot be marked.
    var cancelName: String? {
        destination?.key.map { foreign?.id ?? $0 }
    }
}
