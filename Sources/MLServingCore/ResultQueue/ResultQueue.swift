/// A queue by which clients that reach the broker only fetch results from the store: the template's `CACHE_QUEUE_NAME`.
///
/// A client sends an empty message with `reply_to` and, as `correlation_id`, the key of the result; the reply is what is stored there, or
/// nothing: `None`, `null` or `nil`, in the content type of the question. A question without a content type is the template's: nothing is a
/// pickled `None`, and what has been handed over is removed from the store. Other results stay until their time to live ends.
public struct ResultQueue: Sendable, Hashable {
    /// The queue's name.
    public var name: String

    /// What the result keys of producers begin with: see ``ProducerConfiguration/keyPrefix``.
    public var keyPrefix: String

    /// Describes a result queue.
    public init(name: String = "cache_queue", keyPrefix: String = "mlserving") {
        self.name = name
        self.keyPrefix = keyPrefix
    }

    /// Whether a key can be that of a result: a producer's, or a UUID, as the template's programs make them. Whoever may use the queue could
    /// read everything else in the store through it.
    func mayServe(_ key: String) -> Bool {
        guard AnswerPolicy(keyPrefixes: [keyPrefix]).permits(key: key) else { return false }
        // A producer's key has the producer's id in braces behind the prefix; without the prefix it is a UUID.
        return !key.utf8.starts(with: (keyPrefix + ":").utf8) || key.utf8.starts(with: (keyPrefix + ":{").utf8)
    }
}
