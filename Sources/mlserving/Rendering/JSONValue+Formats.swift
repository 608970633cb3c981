import JSON
import MLServing
import MessagePack
import Pickle

// What is typed as JSON travels as it is meant: `1.0` is a floating-point number and `1` an integer, members keep their order, and what a
// format has no place for is an error.
extension JSONValue {
    /// The value in MessagePack, whose integers have 64 bits.
    ///
    /// - Throws: ``ServingError`` with `invalid_input`.
    func messagePack() throws(ServingError) -> MessagePackValue {
        switch self {
        case .null: return .nil
        case .bool(let flag): return .bool(flag)
        case .string(let text): return .string(text)
        case .number(let number):
            guard number.isInteger else { return .double(try Self.double(number)) }
            if let integer = number.integer(Int64.self) { return .int(integer) }
            if let integer = number.integer(UInt64.self) { return .uint(integer) }
            throw Self.unfit(number, "an integer of more than 64 bits, which MessagePack has no form for")
        case .array(let values):
            var elements: [MessagePackValue] = []
            for value in values { elements.append(try value.messagePack()) }
            return .array(elements)
        case .object(let members):
            try Self.checkNames(members)
            var entries: [MessagePackValue.Entry] = []
            for member in members { entries.append(.init(.string(member.name), try member.value.messagePack())) }
            return .map(entries)
        }
    }

    /// The value as a pickle, whose integers have any size.
    ///
    /// - Throws: ``ServingError`` with `invalid_input`.
    func pickle() throws(ServingError) -> PickleValue {
        switch self {
        case .null: return .none
        case .bool(let flag): return .bool(flag)
        case .string(let text): return .string(text)
        case .number(let number):
            guard number.isInteger else { return .float(try Self.double(number)) }
            if let integer = number.integer(Int64.self) { return .int(integer) }
            guard let integer = PickleInteger(number.text) else { throw Self.unfit(number, "an integer of too many digits") }
            return .integer(integer)
        case .array(let values):
            var elements: [PickleValue] = []
            for value in values { elements.append(try value.pickle()) }
            return .list(elements)
        case .object(let members):
            try Self.checkNames(members)
            var entries: [PickleDictionary.Entry] = []
            for member in members { entries.append(.init(key: .string(member.name), value: try member.value.pickle())) }
            return .dictionary(PickleDictionary(distinct: entries))
        }
    }

    private static func double(_ number: JSONNumber) throws(ServingError) -> Double {
        guard let value = number.double else { throw unfit(number, "a number beyond the largest of 64 bits") }
        return value
    }

    private static func unfit(_ number: JSONNumber, _ explanation: String) -> ServingError {
        let text = number.text
        return ServingError(code: .invalidInput, message: "\(text.prefix(40))\(text.utf8.count > 40 ? "…" : "") is \(explanation)")
    }

    /// Names are told apart by their bytes: to Swift, texts are equal that look alike.
    private static func checkNames(_ members: [Member]) throws(ServingError) {
        var names: Set<[UInt8]> = []
        for member in members where !names.insert(Array(member.name.utf8)).inserted {
            throw ServingError(
                code: .invalidInput, message: "an object has the member \"\(String(member.name.prefix(64)).printable)\" twice")
        }
    }

    /// A value in MessagePack or a pickle.
    init(_ bytes: ArraySlice<UInt8>, codec: any PayloadCodec) throws {
        if codec.contentType != .messagePack, let value = JSONValue(try codec.decode(PickleValue.self, from: bytes)) {
            self = value
        } else {
            self = JSONValue(try codec.decode(MessagePackValue.self, from: bytes))
        }
    }

    /// A pickled value: tuples and sets become arrays, and integers of any size keep their digits.
    ///
    /// - Returns: `nil` for numpy arrays and scalars, bytes, and keys that are neither text nor integers.
    init?(_ value: PickleValue) {
        switch value {
        case .none: self = .null
        case .bool(let flag): self = .bool(flag)
        case .int(let number): self = .integer(number)
        case .bigInteger(let number):
            guard let number = JSONNumber(number.description) else { return nil }
            self = .number(number)
        case .float(let number): self = .double(number)
        case .string(let text): self = .string(text)
        case .list(let values), .tuple(let values), .set(let values), .frozenset(let values):
            var elements: [JSONValue] = []
            for value in values {
                guard let element = JSONValue(value) else { return nil }
                elements.append(element)
            }
            self = .array(elements)
        case .dictionary(let dictionary):
            var members: [Member] = []
            for entry in dictionary.entries {
                guard let name = Self.name(entry.key), let value = JSONValue(entry.value) else { return nil }
                members.append(Member(name, value))
            }
            self = .object(members)
        case .bytes, .bytearray, .array, .scalar: return nil
        }
    }

    private static func name(_ key: PickleValue) -> String? {
        switch key {
        case .string(let text): text
        case .int(let number): String(number)
        default: nil
        }
    }
}
