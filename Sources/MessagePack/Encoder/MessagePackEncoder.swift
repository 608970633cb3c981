/// Encodes any `Encodable` value as MessagePack.
///
/// ```swift
/// let bytes = try MessagePackEncoder().encode(request)
/// ```
///
/// | Swift | MessagePack |
/// |---|---|
/// | structures, classes, `[String: T]` | map with string keys; absent optionals are left out |
/// | `[Int: T]` | map with integer keys |
/// | integers | the shortest integer form |
/// | `Float`, `Double` | float 32, float 64 |
/// | `[UInt8]`, Foundation's `Data`, other collections of bytes with `RangeReplaceableCollection` | binary |
/// | other sequences | array; arrays of primitive types are moved in bulk |
/// | ``MessagePackExtension`` | extension |
/// | ``MessagePackValue``, ``MessagePackRaw`` | what they hold |
public struct MessagePackEncoder: Sendable {
    /// True to order the entries of every map by key, so that equal values have equal encodings. Costs a second pass. Default: false.
    public var sortedKeys = false
    /// Handed to the `encode(to:)` of every value.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// Creates an encoder.
    public init() {}

    /// Encodes `value`.
    ///
    /// - Throws: `EncodingError.invalidValue` for what the format cannot hold, such as a string above 4 GiB, or an implementation of
    ///   `encode(to:)` that writes nothing or twice; and whatever such an implementation throws itself.
    public func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try encode(value, into: &bytes)
        return bytes
    }

    /// Encodes `value` and appends it to `bytes`, which stays as it was if an error is thrown.
    public func encode<Value: Encodable>(_ value: Value, into bytes: inout [UInt8]) throws {
        if sortedKeys {
            var encoded: [UInt8] = []
            try append(value, to: &encoded)
            try KeySorter.append(encoded, sortedTo: &bytes)
        } else {
            try append(value, to: &bytes)
        }
    }

    private func append<Value: Encodable>(_ value: Value, to bytes: inout [UInt8]) throws {
        if let leaf = LeafType.of(Value.self) {
            // Straight into the array: a large one is written once.
            let start = bytes.count
            do throws(LengthError) {
                return try withUnsafePointer(to: value) { pointer throws(LengthError) in try bytes.write(at: pointer, as: leaf) }
            } catch {
                bytes.removeLast(bytes.count - start)
                throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: error.message))
            }
        }
        let context = EncodingContext(userInfo: userInfo)
        // The array moves into the sink and back, so that nothing is copied.
        let sink = EncodingSink(context: context, appendingTo: bytes, blockCapacity: 1024)
        bytes = []
        defer {
            bytes = sink.buffer.takeArray()
        }
        do {
            try sink.encode(value, parent: CodingPath.root, step: nil)
            try context.finish()
        } catch {
            context.abandon()
            sink.buffer.truncate(to: 0)
            throw error
        }
    }
}
