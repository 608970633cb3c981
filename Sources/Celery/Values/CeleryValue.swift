internal import MLServingCore
internal import Pickle

/// A value in what Celery's programs tell each other: events, remote control, results.
enum CeleryValue: Sendable, Decodable {
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

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([CeleryValue].self) {
            self = .list(value)
        } else {
            self = .dictionary(try container.decode([String: CeleryValue].self).map { ($0.key, $0.value) })
        }
    }

    // MARK: Parts

    subscript(name: String) -> CeleryValue? {
        if case .dictionary(let members) = self { members.first { $0.0 == name }?.1 } else { nil }
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

    var json: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += "\(value)".utf8
        case .double(let value): bytes += (value.isFinite ? "\(value)" : "null").utf8
        case .string(let value): Self.write(value, to: &bytes)
        case .encoded(let value): bytes += value
        case .list(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes += ", ".utf8 }
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .dictionary(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, (name, value)) in members.enumerated() {
                if index > 0 { bytes += ", ".utf8 }
                Self.write(name, to: &bytes)
                bytes += ": ".utf8
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes += "\\u00".utf8
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
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
