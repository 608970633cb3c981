internal import MessagePack

/// MessagePack payloads.
public struct MessagePackCodec: PayloadCodec {
    private let encoder = MessagePackEncoder()
    private let decoder = MessagePackDecoder()

    /// Makes a codec with the default limits on depth and size.
    public init() {}

    /// `application/msgpack`.
    public var contentType: ContentType { .messagePack }

    /// Encodes a value; arrays of numbers are moved in bulk.
    public func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        try encoder.encode(value)
    }

    /// Decodes exactly one value; arrays of numbers are moved in bulk.
    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: ArraySlice<UInt8>) throws -> Value {
        try decoder.decode(type, from: bytes)
    }

    /// Checks that the bytes are exactly one value.
    public func check(value bytes: ArraySlice<UInt8>) throws {
        var reader = MessagePackReader(bytes)
        try reader.skipValue()
        try reader.finish()
    }

    /// Integers and lengths in their shortest form, the pairs of maps in the order of their keys.
    public func canonical(value bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        var reader = MessagePackReader(bytes)
        let value = try reader.readCanonicalValue()
        try reader.finish()
        return value[...]
    }

    /// The encoded elements of an encoded array.
    public func split(list bytes: ArraySlice<UInt8>) throws -> [ArraySlice<UInt8>] {
        var reader = MessagePackReader(bytes)
        let elements = try reader.readRawValues()
        try reader.finish()
        return elements
    }

    /// How many elements a list says that it has.
    public func count(ofList bytes: ArraySlice<UInt8>) -> Int? {
        var reader = MessagePackReader(bytes)
        return try? reader.readArrayHeader()
    }

    /// An encoded array of encoded elements.
    public func join(list elements: [ArraySlice<UInt8>]) -> [UInt8] {
        var writer = MessagePackWriter()
        writer.reserve(5 + elements.reduce(0) { $0 + $1.count })
        writer.writeArrayHeader(elements.count)
        for element in elements { writer.write(encoded: element) }
        return writer.bytes
    }

    /// Encodes a record as a map of `id`, `outcomes` and `times`.
    public func encode(record: ResultRecord) throws -> [UInt8] {
        var writer = MessagePackWriter()
        writer.reserve(96 + record.outcomes.reduce(0) { $0 + ((try? $1.get().count) ?? 64) + 8 })
        writer.writeMapHeader(record.acceptedEncoding == nil ? 3 : 4)
        if let encoding = record.acceptedEncoding {
            writer.write("accepts")
            writer.write(encoding)
        }
        writer.write("id")
        writer.write(record.requestID)
        writer.write("outcomes")
        writer.writeArrayHeader(record.outcomes.count)
        for outcome in record.outcomes { write(outcome, to: &writer) }
        writer.write("times")
        writer.writeMapHeader(3)
        for (name, microseconds) in record.times.named {
            writer.write(name)
            writer.write(integer: microseconds)
        }
        return writer.bytes
    }

    private func write(_ outcome: ResultRecord.Outcome, to writer: inout MessagePackWriter) {
        writer.writeMapHeader(1)
        switch outcome {
        case .success(let value):
            writer.write("value")
            writer.write(encoded: value)
        case .failure(let error):
            writer.write("error")
            writer.writeMapHeader(3)
            writer.write("code")
            writer.write(error.code.rawValue)
            writer.write("message")
            writer.write(error.message)
            writer.write("retryable")
            writer.write(error.isRetryable)
        }
    }

    /// Decodes a record; members that it does not know are passed over.
    public func decode(recordFrom bytes: ArraySlice<UInt8>) throws -> ResultRecord {
        var reader = MessagePackReader(bytes)
        var record = ResultRecord(requestID: "", outcomes: [])
        for _ in 0..<(try reader.readMapHeader()) {
            switch try reader.readString() {
            case "id": record.requestID = try reader.readString()
            case "outcomes": record.outcomes = try outcomes(&reader)
            case "times": record.times = try times(&reader)
            case "accepts": record.acceptedEncoding = try reader.readString()
            default: try reader.skipValue()
            }
        }
        try reader.finish()
        return record
    }

    private func outcomes(_ reader: inout MessagePackReader) throws -> [ResultRecord.Outcome] {
        // A header promises no more elements than there are bytes.
        let count = try reader.readArrayHeader()
        var outcomes: [ResultRecord.Outcome] = []
        for _ in 0..<count { outcomes.append(try outcome(&reader)) }
        return outcomes
    }

    private func outcome(_ reader: inout MessagePackReader) throws -> ResultRecord.Outcome {
        var outcome: ResultRecord.Outcome?
        for _ in 0..<(try reader.readMapHeader()) {
            switch try reader.readString() {
            case "value" where outcome == nil: outcome = .success(try reader.readRawValue())
            case "error" where outcome == nil: outcome = .failure(try error(&reader))
            default: try reader.skipValue()
            }
        }
        guard let outcome else {
            throw ServingError(code: .invalidOutput, message: "an outcome of the result record has neither value nor error")
        }
        return outcome
    }

    private func error(_ reader: inout MessagePackReader) throws -> ServingError {
        var error = ServingError(code: .predictionFailed, message: "")
        for _ in 0..<(try reader.readMapHeader()) {
            switch try reader.readString() {
            case "code": error.code = .init(rawValue: try reader.readString())
            case "message": error.message = try reader.readString()
            case "retryable": error.isRetryable = try reader.readBool()
            default: try reader.skipValue()
            }
        }
        return error
    }

    private func times(_ reader: inout MessagePackReader) throws -> ResultRecord.Times {
        var times = ResultRecord.Times()
        for _ in 0..<(try reader.readMapHeader()) {
            let name = try reader.readString()
            if times.knows(name) { times.set(name, to: Int64(try reader.readInt())) } else { try reader.skipValue() }
        }
        return times
    }
}
