/// A value of JSON to be written; the members of objects keep their order.
enum JSONValue: Sendable {
    case object([(name: String, value: JSONValue)])
    case list([JSONValue])
    case text(String)
    case integer(Int)
    /// A finite number.
    case number(Float)
}
