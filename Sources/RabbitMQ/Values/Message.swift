/// A message to publish.
public struct Message: Sendable, Hashable {
    /// The content, which the broker does not look into.
    public var body: [UInt8]
    /// What is said about the content.
    public var properties: MessageProperties

    /// Makes a message.
    public init(body: [UInt8], properties: MessageProperties = MessageProperties()) {
        self.body = body
        self.properties = properties
    }
}
