/// What is subscribed to.
struct SubscriptionTarget: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case channel
        case pattern
    }

    let kind: Kind
    let name: String

    static func channel(_ name: String) -> SubscriptionTarget { .init(kind: .channel, name: name) }
    static func pattern(_ name: String) -> SubscriptionTarget { .init(kind: .pattern, name: name) }
}
