/// A value of a text, or the name of a member, as the parser found it.
///
/// Nodes stand in the order of the text: a container is followed by its content, a name by its value.
struct Node: BitwiseCopyable {
    enum Kind: UInt8 {
        case null, `false`, `true`
        /// A number without fraction and exponent.
        case integer
        case decimal
        case string
        /// A string with escapes.
        case escapedString
        case array, object

        var isNumber: Bool { self == .integer || self == .decimal }
        var isString: Bool { self == .string || self == .escapedString }

        var description: String {
            switch self {
            case .null: "null"
            case .false, .true: "a boolean"
            case .integer, .decimal: "a number"
            case .string, .escapedString: "a string"
            case .array: "an array"
            case .object: "an object"
            }
        }
    }

    let kind: Kind
    /// The first byte, of strings the first after the quotation mark.
    let offset: UInt32
    /// The bytes of it; of strings, those between the quotation marks.
    var byteCount: UInt32
    /// Of containers, the number of elements or members.
    var count: UInt32
    /// The node after this one and its content.
    var next: UInt32

    var range: Range<Int> { Int(offset)..<Int(offset) + Int(byteCount) }
}
