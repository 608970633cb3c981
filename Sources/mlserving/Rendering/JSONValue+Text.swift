import JSON
import MLServing
import MessagePack

extension JSONValue {
    /// The text in one line. What a terminal would act on is escaped.
    var text: String {
        var style = JSONOutput.Style()
        style.escapesUnprintable = true
        var output = JSONOutput(style: style)
        output.write(self)
        return String(decoding: output.bytes, as: UTF8.self)
    }

    /// A string, or null.
    init(_ text: String?) {
        self = text.map { .string($0) } ?? .null
    }

    /// A number; what JSON has no form for as a string.
    static func double(_ number: Double) -> JSONValue { JSONNumber(number).map { .number($0) } ?? .string("\(number)") }

    /// An object of these members, in this order.
    static func members(_ members: [(String, JSONValue)]) -> JSONValue { .object(members.map { Member($0.0, $0.1) }) }

    /// Bytes, as an object that holds them in base64.
    private static func base64(_ bytes: [UInt8]) -> JSONValue { .members([("$base64", .string(Base64.text(of: bytes)))]) }

    /// A header's value; bytes as an object that holds them in base64.
    init(_ value: HeaderValue) {
        self =
            switch value {
            case .string(let text): .string(text)
            case .integer(let number): .integer(number)
            case .double(let number): .double(number)
            case .bool(let flag): .bool(flag)
            case .bytes(let bytes): .base64(bytes)
            case .null: .null
            case .array(let values): .array(values.map { JSONValue($0) })
            case .table(let values): .members(values.sorted { $0.key < $1.key }.map { ($0.key, JSONValue($0.value)) })
            }
    }

    /// A MessagePack value; tensors as in JSON, bytes and other extensions as objects that hold them in base64, keys that are no strings as their JSON text.
    init(_ value: MessagePackValue) {
        self =
            switch value {
            case .nil: .null
            case .bool(let flag): .bool(flag)
            case .int(let number): .integer(number)
            case .uint(let number): .integer(number)
            case .float(let number): JSONNumber(number).map { .number($0) } ?? .string("\(number)")
            case .double(let number): .double(number)
            case .string(let text): .string(text)
            case .binary(let bytes): .base64(bytes)
            case .array(let values): .array(values.map { JSONValue($0) })
            case .map(let entries): .members(entries.map { (Self.key($0.key), JSONValue($0.value)) })
            case .ext(Tensor.extensionType, let bytes): JSONValue(tensor: bytes)
            case .ext(let type, let bytes): .extension(type, bytes)
            }
    }

    private static func `extension`(_ type: Int8, _ bytes: [UInt8]) -> JSONValue {
        .members([("$type", .integer(type)), ("$base64", .string(Base64.text(of: bytes)))])
    }

    /// A tensor as it is in JSON; what cannot be that as other extensions.
    private init(tensor payload: [UInt8]) {
        if let tensor = try? Tensor(sharedPayload: payload[...]), let json = try? JSONWriter().encode(tensor),
            let value = try? JSONReader().read(json[...])
        {
            self = value
        } else {
            self = .extension(Tensor.extensionType, payload)
        }
    }

    private static func key(_ value: MessagePackValue) -> String {
        if case .string(let text) = value { text } else { JSONValue(value).text }
    }
}
