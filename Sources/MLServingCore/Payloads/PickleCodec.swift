public import Pickle

/// Payloads in Python's pickle format: plain values and numpy arrays, in what is read as in what is written.
///
/// What would make Python call a function or make an instance of a class is refused with its name; nothing is executed. A pickle cannot be
/// taken apart without being read: the elements of a list, and the values of a record, are read and written again.
///
/// Python pickles what a value holds in common once, and so does everybody who sends `["x" * 500] * 10_000`. Such a pickle is read: what it
/// holds in common is held in common here. `PickleLimits` says what counts how; this codec lets a payload stand for 8 million values, and
/// for 64 MiB of binary data and arrays, or for 16 times its length where that is more. As many bytes at most are written where its parts
/// are written again.
public struct PickleCodec: PayloadCodec {
    /// How many bytes, and how many values, a payload may stand for when shared parts are counted each time: so many times its length, and more.
    private static let maximumGrowth = 16
    private static let freeSize = 64 << 20
    private static let freeValues = 8 << 20

    private let encoder: PickleEncoder
    /// ``ContentType/pickle``, unless made for another name of it.
    public let contentType: ContentType

    /// Makes a codec.
    ///
    /// - Parameters:
    ///   - numericArrays: Whether arrays of numbers become lists, or numpy arrays, which only a Python with numpy can load.
    ///   - contentType: The name under which the format travels.
    public init(numericArrays: PickleEncoder.NumericArrayForm = .list, contentType: ContentType = .pickle) {
        encoder = PickleEncoder(numericArrays: numericArrays)
        self.contentType = contentType
    }

    /// Encodes a value at protocol 4, which Python 3.4 and later read.
    public func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        try encoder.encode(value)
    }

    /// Decodes exactly one value, of protocol 0 to 5.
    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: ArraySlice<UInt8>) throws -> Value {
        try PickleDecoder(reader: reader(of: bytes)).decode(type, from: bytes)
    }

    /// Checks that the bytes are exactly one pickle of plain data.
    public func check(value bytes: ArraySlice<UInt8>) throws {
        _ = try reader(of: bytes).read(bytes)
    }

    /// The value written anew, so that protocol and framing do not matter; the order of a `dict` does.
    public func canonical(value bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        try writer(of: bytes).write(reader(of: bytes).read(bytes))[...]
    }

    /// The elements of a list or a tuple, each as a pickle.
    public func split(list bytes: ArraySlice<UInt8>) throws -> [ArraySlice<UInt8>] {
        switch try reader(of: bytes).read(bytes) {
        case .list(let elements), .tuple(let elements): return try write(each: elements, of: bytes)
        case let other: throw ServingError(code: .malformedRequest, message: "a Python \(other.typeName) is not a list")
        }
    }

    /// Each value as a pickle; all together they may be as long as one that is written from the whole payload.
    package func write(each values: [PickleValue], of bytes: ArraySlice<UInt8>) throws(PickleError) -> [ArraySlice<UInt8>] {
        var writer = writer(of: bytes)
        var pickles: [ArraySlice<UInt8>] = []
        pickles.reserveCapacity(values.count)
        for value in values {
            let pickle = try writer.write(value)
            // Not what frames it: of many small values that would be most.
            writer.maximumByteCount -= pickle.count - Self.frameSize
            pickles.append(pickle[...])
        }
        return pickles
    }

    /// PROTO, FRAME with its length, and STOP.
    private static let frameSize = 12

    private func writer(of bytes: ArraySlice<UInt8>) -> PickleWriter {
        var writer = encoder.writer
        writer.maximumByteCount = reader(of: bytes).limits.maximumExpandedSize
        return writer
    }

    /// A list of pickled elements.
    ///
    /// - Throws: `PickleError` when an element is not one pickle of plain data.
    public func join(list elements: [ArraySlice<UInt8>]) throws -> [UInt8] {
        try encoder.writer.write(.list(try elements.map { try PickleReader().read($0) }))
    }

    /// Encodes a record as a `dict` of `id`, `outcomes` and `times`.
    ///
    /// A value that is no pickle of plain data becomes an outcome with `invalid_output`.
    public func encode(record: ResultRecord) throws -> [UInt8] {
        let times = record.times.named.map { PickleDictionary.Entry(key: .string($0.0), value: .int($0.1)) }
        return try encoder.writer.write(
            dictionary(
                ("id", .string(record.requestID)),
                ("outcomes", .list(try record.outcomes.map(member))),
                ("times", .dictionary(PickleDictionary(distinct: times)))
            )
        )
    }

    /// Decodes a record; members that it does not know are passed over.
    public func decode(recordFrom bytes: ArraySlice<UInt8>) throws -> ResultRecord {
        let decoder = PickleDecoder()
        var record = ResultRecord(requestID: "", outcomes: [])
        for (name, value) in try members(of: try reader(of: bytes).read(bytes)) {
            switch name {
            case "id": record.requestID = try decoder.decode(String.self, fromValue: value)
            case "outcomes":
                record.outcomes = try decoder.decode([PickleValue].self, fromValue: value).map { try outcome(from: $0, of: bytes) }
            case "times":
                for (name, value) in try members(of: value) where record.times.knows(name) {
                    record.times.set(name, to: try decoder.decode(Int64.self, fromValue: value))
                }
            default: break
            }
        }
        return record
    }

    /// The entries of a `dict` whose keys are text; others are none of a record's.
    private func members(of value: PickleValue) throws -> [(name: String, value: PickleValue)] {
        guard case .dictionary(let dictionary) = value else {
            throw ServingError(code: .invalidOutput, message: "a part of the result record is a \(value.typeName), not a dict")
        }
        return dictionary.entries.compactMap { entry in
            if case .string(let name) = entry.key { (name, entry.value) } else { nil }
        }
    }

    private func member(_ outcome: ResultRecord.Outcome) throws -> PickleValue {
        let failure: ServingError
        switch outcome {
        case .success(let value):
            do {
                return dictionary(("value", try PickleReader().read(value)))
            } catch {
                failure = ServingError(code: .invalidOutput, message: "the output is not a pickle of plain data: \(error)")
            }
        case .failure(let error):
            failure = error
        }
        return try encoder.encodeToValue(["error": ErrorMember(failure)])
    }

    private func outcome(from value: PickleValue, of bytes: ArraySlice<UInt8>) throws -> ResultRecord.Outcome {
        for (name, value) in try members(of: value) {
            switch name {
            case "value": return .success(try writer(of: bytes).write(value)[...])
            case "error": return .failure(try PickleDecoder().decode(ErrorMember.self, fromValue: value).error)
            default: break
            }
        }
        throw ServingError(code: .invalidOutput, message: "an outcome of the result record has neither value nor error")
    }

    private func dictionary(_ members: (String, PickleValue)...) -> PickleValue {
        .dictionary(PickleDictionary(distinct: members.map { .init(key: .string($0.0), value: $0.1) }))
    }

    /// A few bytes can stand for very much, by naming one part again and again. What comes from outside may not grow out of proportion.
    private func reader(of bytes: ArraySlice<UInt8>) -> PickleReader {
        var limits = PickleLimits()
        let growth = Self.maximumGrowth * min(bytes.count, limits.maximumInputSize)
        limits.maximumExpandedSize = min(limits.maximumExpandedSize, max(Self.freeSize, growth))
        limits.maximumValues = min(limits.maximumValues, max(Self.freeValues, growth))
        return PickleReader(limits: limits)
    }
}
