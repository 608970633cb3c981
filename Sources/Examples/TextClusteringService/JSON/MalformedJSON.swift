/// A text is not JSON.
struct MalformedJSON: Error, CustomStringConvertible {
    /// What was expected.
    let expected: String
    /// Where, in bytes from the beginning.
    let offset: Int

    var description: String { "not JSON: expected \(expected) at byte \(offset)" }
}
