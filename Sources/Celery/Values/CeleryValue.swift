internal import JSON
internal import Pickle

/// A value in what Celery's programs tell each other: events, remote control, results.
enum CeleryValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case list([CeleryValue])
    case dictionary([(String, CeleryValue)])
    /// A value that is encoded already, in the format that all is written in.
    case encoded(ArraySlice<UInt8>)

    static func string(_ value: String?) -> CeleryValue { value.map { .string($0) } ?? .null }
    static func strings(_ values: some Sequence<String>) -> CeleryValue { .list(values.map { .string($0) }) }

    /// The value of a JSON text.
    ///
    /// - Throws: `JSONError` for what is not JSON.
    init(json bytes: ArraySlice<UInt8>) throws(JSONError) {
        self.init(try JSONReader().read(bytes))
    }

    /// Integers of more than 64 bits become the nearest double. Where a name occurs twice, the last value counts, as in Python.
    private init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let number):
            let integer = number.isInteger ? number.integer(Int64.self) : nil
            self = integer.map { .integer($0) } ?? .double(number.double ?? (number.text.hasPrefix("-") ? -.infinity : .infinity))
        case .string(let value): self = .string(value)
        case .array(let values): self = .list(values.map { CeleryValue($0) })
        case .object(let members): self = .dictionary(members.map { ($0.name, CeleryValue($0.value)) })
        }
    }

    // MARK: Parts

    subscript(name: String) -> CeleryValue? {
        if case .dictionary(let members) = self { members.last { $0.0 == name }?.1 } else { nil }
    }

    var text: String? { if case .string(let value) = self { value } else { nil } }
    var isTrue: Bool { if case .bool(true) = self { true } else { false } }

    /// The texts of a list, or the one that stands for a list of it.
    var texts: [String] {
        switch self {
        case .string(let value): [value]
        case .list(let values): values.compactMap(\.text)
        default: []
        }
    }

    /// Whether Python takes it for false.
    var isEmpty: Bool {
        switch self {
        case .null, .bool(false), .integer(0): true
        case .string(let value): value.isEmpty
        case .list(let values): values.isEmpty
        case .dictionary(let members): members.isEmpty
        default: false
        }
    }

    // MARK: JSON

    /// The text that Python's `json.dumps` would write, with a space after commas and colons.
    var json: [UInt8] {
        var style = JSONOutput.Style()
        style.isSpaced = true
        var output = JSONOutput(style: style)
        write(to: &output)
        return output.bytes
    }

    private func write(to output: inout JSONOutput) {
        switch self {
        case .null: output.writeNull()
        case .bool(let value): output.write(value)
        case .integer(let value): output.write(value)
        case .double(let value): output.write(JSONNumber(value).map { .number($0) } ?? .null)
        case .string(let value): output.write(value)
        case .encoded(let value): output.writeEncoded(value)
        case .list(let values):
            output.beginArray()
            for (index, value) in values.enumerated() {
                if index > 0 { output.separate() }
                value.write(to: &output)
            }
            output.endArray()
        case .dictionary(let members):
            output.beginObject()
            for (index, (name, value)) in members.enumerated() {
                if index > 0 { output.separate() }
                output.write(name: name)
                value.write(to: &output)
            }
            output.endObject()
        }
    }

    // MARK: Pickle

    /// Without framing, so that equal beginnings are written equally.
    func pickled() throws -> [UInt8] {
        try PickleWriter(framing: false).write(pickleValue())
    }

    private func pickleValue() throws -> PickleValue {
        switch self {
        case .null: .none
        case .bool(let value): .bool(value)
        case .integer(let value): .int(value)
        case .double(let value): .float(value)
        case .string(let value): .string(value)
        case .list(let values): .list(try values.map { try $0.pickleValue() })
        case .dictionary(let members):
            .dictionary(PickleDictionary(distinct: try members.map { .init(key: .string($0.0), value: try $0.1.pickleValue()) }))
        case .encoded(let bytes): try PickleReader().read(bytes)
        }
    }
}
