/// A publish that waits to be written.
struct WaitingPublish {
    let id: UInt64
    var message: Message
    let exchange: String
    let routingKey: String
    let isMandatory: Bool
    let deadline: ContinuousClock.Instant
    let completion: PublishCompletion
}

/// A publish that has been written and waits for the broker's word.
struct SentPublish {
    let id: UInt64
    let exchange: String
    let routingKey: String
    let messageID: String?
    let isMandatory: Bool
    let deadline: ContinuousClock.Instant
    /// `nil` once the caller has been told that the deadline has passed.
    var completion: PublishCompletion?
    /// What was written, as long as it may have to be written on another channel.
    let original: WaitingPublish?
    /// Set when the broker has returned the message; its confirmation follows.
    var refusal: RabbitMQError?

    init(_ publish: WaitingPublish, mayGoAgain: Bool) {
        original = mayGoAgain ? publish : nil
        id = publish.id
        exchange = publish.exchange
        routingKey = publish.routingKey
        messageID = publish.message.properties.messageID
        isMandatory = publish.isMandatory
        deadline = publish.deadline
        completion = publish.completion
    }
}
