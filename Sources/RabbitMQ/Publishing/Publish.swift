/// A publish that waits to be written.
struct WaitingPublish {
    let id: UInt64
    var message: Message
    let exchange: String
    let routingKey: String
    let isMandatory: Bool
    /// Whether headers that do not fit are dropped; otherwise the publish fails.
    var dropsHeaders = false
    /// Whether it is written again when the connection broke before it was confirmed; otherwise it fails, its outcome unknown.
    var mayArriveTwice = false
    let deadline: ContinuousClock.Instant
    let completion: PublishCompletion
    /// Whether it was written on a channel that is gone, so that the broker may have taken it.
    var wasWritten = false
    /// When it was written last.
    var writtenAt: ContinuousClock.Instant?
    /// How many connections the broker closed while this was unconfirmed.
    var lostConnections = 0
    /// What speaks against it of the connections that ended without a word.
    var suspicion = Suspicion()
}

/// A publish that has been written and waits for the broker's word.
struct SentPublish {
    /// What was written, which may have to be written again.
    let original: WaitingPublish
    /// `nil` once the caller has been told that the deadline has passed.
    var completion: PublishCompletion?
    /// Set when the broker has returned the message; its confirmation follows.
    var refusal: RabbitMQError?
    /// Whether a refusal by a channel that is doubted is not to be believed yet.
    let mayGoAgain: Bool

    init(_ publish: WaitingPublish, mayGoAgain: Bool) {
        original = publish
        self.mayGoAgain = mayGoAgain
        completion = publish.completion
    }
}
