/// Why a delivery is not the message that was published: the client read past what it cannot take.
///
/// The delivery can be settled as any other. Its properties are what could be read of them, its body is empty.
public struct DeliveryDefect: Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in a sentence of bounded length.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
