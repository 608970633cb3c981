import MLServing
import MessagePack

/// A JSON text, made member by member: the order is kept, and what is JSON already is taken as it is.
indirect enum JSONText {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case double(Double)
    case string(String)
    case array([JSONText])
    case object([(String, JSONText)])
    /// Text that has proved to be JSON.
    case encoded(String)

    /// A string, or null.
    init(_ text: String?) {
        self = text.map { .string($0) } ?? .null
    }

    /// The text, in one line unless an encoded part has more.
    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += String(number)
        case .unsigned(let number): text += String(number)
        // JSON has no form for these.
        case .double(let number): text += number.isFinite ? "\(number)" : "\"\(number)\""
        case .string(let string): Self.write(string, to: &text)
        case .encoded(let json): text += json
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, (name, value)) in members.enumerated() {
                if index > 0 { text += "," }
                Self.write(name, to: &text)
                text += ":"
                value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case _ where scalar.isUnprintable:
                // Escaped, so that a terminal shows them instead of heeding them.
                for unit in UTF16.encode(scalar) ?? .init() {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONText {
    /// A header's value; bytes as an object that holds them in base64.
    init(_ value: HeaderValue) {
        self =
            switch value {
            case .string(let text): .string(text)
            case .integer(let number): .integer(number)
            case .double(let number): .double(number)
            case .bool(let flag): .bool(flag)
            case .bytes(let bytes): .object([("$base64", .string(Base64.text(of: bytes)))])
            case .null: .null
            case .array(let values): .array(values.map { JSONText($0) })
            case .table(let values): .object(values.sorted { $0.key < $1.key }.map { ($0.key, JSONText($0.value)) })
            }
    }

    /// A MessagePack value; tensors as in JSON, bytes and other extensions as objects that hold them in base64, keys that are no strings as their JSON text.
    init(_ value: MessagePackValue) {
        self =
            switch value {
            case .nil: .null
            case .bool(let flag): .bool(flag)
            case .int(let number): .integer(number)
            case .uint(let number): .unsigned(number)
            case .float(let number): .encoded(number.isFinite ? "\(number)" : "\"\(number)\"")
            case .double(let number): .double(number)
            case .string(let text): .string(text)
            case .binary(let bytes): .object([("$base64", .string(Base64.text(of: bytes)))])
            case .array(let values): .array(values.map { JSONText($0) })
            case .map(let entries): .object(entries.map { (Self.key($0.key), JSONText($0.value)) })
            case .ext(Tensor.extensionType, let bytes): JSONText(tensor: bytes)
            case .ext(let type, let bytes): .object([("$type", .integer(Int64(type))), ("$base64", .string(Base64.text(of: bytes)))])
            }
    }

    /// A tensor as it is in JSON; what cannot be that as other extensions.
    private init(tensor payload: [UInt8]) {
        if let tensor = try? Tensor(sharedPayload: payload[...]), let json = try? JSONCodec().encode(tensor) {
            self = .encoded(String(decoding: json, as: UTF8.self))
        } else {
            self = .object([("$type", .integer(Int64(Tensor.extensionType))), ("$base64", .string(Base64.text(of: payload)))])
        }
    }

    private static func key(_ value: MessagePackValue) -> String {
        if case .string(let text) = value { text } else { JSONText(value).text }
    }
}
