/// Which dead letters something is to be done with.
public struct DeadLetterSelection: Sendable, Hashable {
    /// The ids of the letters; `nil`: whatever their id. All letters with such an id are meant, should one request have several.
    public var ids: Set<String>?

    /// The reason of the letters; `nil`: whatever their reason.
    public var reason: String?

    /// Selects letters that meet all conditions.
    public init(ids: Set<String>? = nil, reason: String? = nil) {
        self.ids = ids
        self.reason = reason
    }

    /// Every letter.
    public static let all = DeadLetterSelection()

    /// Whether there is no condition to meet.
    var isEverything: Bool { self == .all }

    /// Whether a letter is meant.
    public func contains(_ letter: DeadLetter) -> Bool {
        ids?.contains(letter.id) != false && (reason == nil || reason == letter.reason)
    }
}
