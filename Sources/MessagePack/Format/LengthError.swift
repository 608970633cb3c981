/// A string, binary or array is longer than the 32 bits of a header can say.
struct LengthError: Error {
    static let maximum = Int(UInt32.max)
    let count: Int

    var message: String { "MessagePack holds at most \(Self.maximum) bytes or elements, not \(count)" }
}
