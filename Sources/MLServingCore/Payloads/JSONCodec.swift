internal import JSON

/// JSON payloads (RFC 8259), read strictly: no trailing commas, no byte order mark, UTF-8 only.
///
/// Numbers are exact: one that the type asked for does not represent is an error. `Data` travels as base64, `Date` as the seconds since 2001,
/// `URL` as text and `Decimal` as a number.
public struct JSONCodec: PayloadCodec {
    private var reader: JSONReader { JSONReader() }
    private var writer: JSONWriter { JSONWriter() }

    /// Makes a codec.
    public init() {}

    /// `application/json`.
    public var contentType: ContentType { .json }

    /// Encodes a value. Numbers that JSON has no form for are an error.
    public func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        try writer.encode(value)
    }

    /// Decodes exactly one value.
    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: ArraySlice<UInt8>) throws -> Value {
        try Self.decoding { try reader.decode(type, from: bytes) }
    }

    /// An input that is no JSON is one that cannot be decoded, like any other.
    private static func decoding<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as JSONError {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "\(error)", underlyingError: error))
        }
    }

    /// Checks that the bytes are exactly one value, to the last byte.
    public func check(value bytes: ArraySlice<UInt8>) throws {
        try Self.decoding { try reader.check(bytes) }
    }

    /// Without space, the members of objects in the order of their names, strings with as few escapes as can be. Numbers stay as they are written.
    public func canonical(value bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        try Self.refusing { () throws(JSONError) in try reader.canonical(bytes)[...] }
    }

    /// The encoded elements of an encoded array. One that is no JSON is left to whoever decodes it, as long as it can be told where it ends.
    public func split(list bytes: ArraySlice<UInt8>) throws -> [ArraySlice<UInt8>] {
        do throws(ServingError) {
            return try Self.refusing { () throws(JSONError) in try reader.elements(of: bytes) }
        } catch {
            if let parts = Self.parts(ofArray: bytes) { return parts }
            throw error
        }
    }

    /// How many elements an array has, counted by its commas.
    public func count(ofList bytes: ArraySlice<UInt8>) -> Int? {
        Self.count(ofArray: bytes)
    }

    /// The encoded values of an encoded object, in the order in which they are written.
    package func split(object bytes: ArraySlice<UInt8>) throws(ServingError) -> [(name: String, value: ArraySlice<UInt8>)] {
        try Self.refusing { () throws(JSONError) in try reader.members(of: bytes) }
    }

    private static func refusing<Result>(_ body: () throws(JSONError) -> Result) throws(ServingError) -> Result {
        do throws(JSONError) {
            return try body()
        } catch {
            throw ServingError(code: .malformedRequest, message: "JSON: \(error)")
        }
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
        var output = JSONOutput()
        output.beginObject()
        output.write(name: "id")
        output.write(record.requestID)
        output.separate()
        output.write(name: "outcomes")
        output.beginArray()
        for (index, outcome) in record.outcomes.enumerated() {
            if index > 0 { output.separate() }
            output.beginObject()
            switch outcome {
            case .success(let value):
                output.write(name: "value")
                output.writeEncoded(value)
            case .failure(let error):
                output.write(name: "error")
                output.writeEncoded(try encode(ErrorMember(error))[...])
            }
            output.endObject()
        }
        output.endArray()
        output.separate()
        output.write(name: "times")
        output.beginObject()
        for (index, time) in record.times.named.enumerated() {
            if index > 0 { output.separate() }
            output.write(name: time.0)
            output.write(time.1)
        }
        output.endObject()
        if let encoding = record.acceptedEncoding {
            output.separate()
            output.write(name: "accepts")
            output.write(encoding)
        }
        output.endObject()
        return output.bytes
    }

    /// Decodes a record; members that it does not know are passed over.
    public func decode(recordFrom bytes: ArraySlice<UInt8>) throws -> ResultRecord {
        var record = ResultRecord(requestID: "", outcomes: [])
        for (name, value) in try split(object: bytes) {
            switch name {
            case "id": record.requestID = try decode(String.self, from: value)
            case "outcomes": record.outcomes = try split(list: value).map(outcome)
            case "times":
                record.times = try times(from: value)
            case "accepts": record.acceptedEncoding = try decode(String.self, from: value)
            default: break
            }
        }
        return record
    }

    private func times(from bytes: ArraySlice<UInt8>) throws -> ResultRecord.Times {
        var times = ResultRecord.Times()
        for (name, value) in try split(object: bytes) where times.knows(name) {
            times.set(name, to: try decode(Int64.self, from: value))
        }
        return times
    }

    private func outcome(from bytes: ArraySlice<UInt8>) throws -> ResultRecord.Outcome {
        for (name, value) in try split(object: bytes) {
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
