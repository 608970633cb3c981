internal import FoundationEssentials

/// JSON payloads (RFC 8259).
public struct JSONCodec: PayloadCodec {
    /// Decodes from any value, and keeps nothing of it.
    private struct AnyValue: Decodable {
        init(from decoder: any Decoder) {}
    }

    /// Makes a codec.
    public init() {}

    /// `application/json`.
    public var contentType: ContentType { .json }

    /// Encodes a value. Numbers that JSON has no form for are an error.
    public func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return [UInt8](try encoder.encode(value))
    }

    /// Decodes exactly one value.
    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: ArraySlice<UInt8>) throws -> Value {
        try JSONDecoder().decode(type, from: framed(bytes))
    }

    /// Checks that the bytes are one value: brackets, separators, quotes and literals; single numbers are not looked at.
    public func check(value bytes: ArraySlice<UInt8>) throws {
        _ = try JSONDecoder().decode(AnyValue.self, from: framed(bytes))
    }

    /// One value, its brackets balanced.
    ///
    /// Foundation (of Swift 6.3) ends the process at a text that stops right after the 513th bracket, one more than it nests: it looks for
    /// the place of that error behind the end.
    private func framed(_ bytes: ArraySlice<UInt8>) throws(DecodingError) -> Data {
        var scanner = JSONScanner(bytes)
        do {
            let value = try scanner.readValue()
            try scanner.finish()
            return Data(value)
        } catch {
            throw .dataCorrupted(.init(codingPath: [], debugDescription: error.message, underlyingError: error))
        }
    }

    /// Without space, the members of objects in the order of their names. Numbers and strings stay as they are written.
    public func canonical(value bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        var scanner = JSONScanner(bytes)
        let value = try scanner.readValue()
        try scanner.finish()
        return try Self.canonical(value, depth: 64)
    }

    private static func canonical(_ value: ArraySlice<UInt8>, depth: Int) throws(ServingError) -> ArraySlice<UInt8> {
        guard let first = value.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return value }
        guard depth > 0 else { throw ServingError(code: .malformedRequest, message: "JSON: nested too deeply to be compared") }
        var scanner = JSONScanner(value)
        var items: [ArraySlice<UInt8>] = []
        if first == UInt8(ascii: "[") {
            for element in try scanner.readElements() { items.append(try canonical(element, depth: depth - 1)) }
        } else {
            let members = try scanner.readMembers().sorted { $0.name < $1.name }
            for (index, member) in members.enumerated() {
                if index > 0, members[index - 1].name == member.name {
                    throw ServingError(code: .malformedRequest, message: "JSON: an object has the member \"\(member.name)\" twice")
                }
                items.append(try [UInt8]("\"\(member.name)\":".utf8) + canonical(member.value, depth: depth - 1))
            }
        }
        return [first] + items.joined(separator: [UInt8(ascii: ",")]) + [first + 2]
    }

    /// The encoded elements of an encoded array.
    public func split(list bytes: ArraySlice<UInt8>) throws -> [ArraySlice<UInt8>] {
        var scanner = JSONScanner(bytes)
        let elements = try scanner.readElements()
        try scanner.finish()
        return elements
    }

    /// An encoded array of encoded elements.
    public func join(list elements: [ArraySlice<UInt8>]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(2 + elements.reduce(0) { $0 + $1.count + 1 })
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: element)
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    /// Encodes a record as an object of `id`, `outcomes` and `times`.
    public func encode(record: ResultRecord) throws -> [UInt8] {
        let outcomes = try record.outcomes.map { outcome -> ArraySlice<UInt8> in
            switch outcome {
            case .success(let value):
                return ([UInt8](#"{"value":"#.utf8) + value + [UInt8(ascii: "}")])[...]
            case .failure(let error):
                return try encode(["error": ErrorMember(error)])[...]
            }
        }
        let times = record.times.named.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
        var bytes = [UInt8](#"{"id":"#.utf8)
        bytes += try encode(record.requestID)
        bytes += #","outcomes":"#.utf8
        bytes += join(list: outcomes)
        bytes += ",\"times\":{\(times)}".utf8
        if let encoding = record.acceptedEncoding {
            bytes += #","accepts":"#.utf8
            bytes += try encode(encoding)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Decodes a record; members that it does not know are passed over.
    public func decode(recordFrom bytes: ArraySlice<UInt8>) throws -> ResultRecord {
        var scanner = JSONScanner(bytes)
        var record = ResultRecord(requestID: "", outcomes: [])
        for (name, value) in try scanner.readMembers() {
            switch name {
            case "id": record.requestID = try decode(String.self, from: value)
            case "outcomes": record.outcomes = try split(list: value).map(outcome)
            case "times":
                record.times = try times(from: value)
            case "accepts": record.acceptedEncoding = try decode(String.self, from: value)
            default: break
            }
        }
        try scanner.finish()
        return record
    }

    private func times(from bytes: ArraySlice<UInt8>) throws -> ResultRecord.Times {
        var scanner = JSONScanner(bytes)
        var times = ResultRecord.Times()
        for (name, value) in try scanner.readMembers() where times.knows(name) {
            times.set(name, to: try decode(Int64.self, from: value))
        }
        return times
    }

    private func outcome(from bytes: ArraySlice<UInt8>) throws -> ResultRecord.Outcome {
        var scanner = JSONScanner(bytes)
        for (name, value) in try scanner.readMembers() {
            switch name {
            case "value": return .success(value)
            case "error":
                return .failure(try decode(ErrorMember.self, from: value).error)
            default: break
            }
        }
        throw ServingError(code: .invalidOutput, message: "an outcome of the result record has neither value nor error")
    }
}
