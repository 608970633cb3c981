/// Decodes any `Decodable` value from MessagePack that may come from anywhere.
///
/// ```swift
/// let request = try MessagePackDecoder().decode(Request.self, from: body)
/// ```
///
/// Numbers are accepted in every format: an integer of any width for an integer property that can hold it, `3.0` for an integer, and any
/// number for a floating-point property, rounded to nearest as JSON and Python read it, alone and in arrays. A number that does not fit is
/// an error, never truncated.
///
/// A map that is read by key, as structures and dictionaries are, may have string and integer keys, in any order; integers belong to
/// coding keys with that integer value. Keys that no property asks for are passed over. The same key twice is an error: decoders that
/// choose differently among duplicates would let a message mean one thing to whoever checks it and another to whoever acts on it.
/// ``MessagePackValue`` keeps every entry and every kind of key.
///
/// Malformed input ends in `DecodingError.dataCorrupted` with a ``MessagePackError`` as its underlying error, within the limits on depth
/// and size, and without allocating more than the input accounts for.
public struct MessagePackDecoder: Sendable {
    /// What is accepted from the input.
    public var limits: MessagePackLimits
    /// Handed to the `init(from:)` of every value.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// Creates a decoder.
    public init(limits: MessagePackLimits = .default) {
        self.limits = limits
    }

    /// Decodes the one value that `bytes` holds.
    ///
    /// - Throws: `DecodingError`, also if bytes follow the value; and whatever the type's own `init(from:)` throws.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: [UInt8]) throws -> Value {
        try bytes.withUnsafeBytes { try decode(type, from: $0, sharing: bytes[...]) }
    }

    /// Decodes the one value that `bytes` holds.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: ArraySlice<UInt8>) throws -> Value {
        try bytes.withUnsafeBytes { try decode(type, from: $0, sharing: bytes) }
    }

    /// Decodes the one value that `bytes` holds.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: RawSpan) throws -> Value {
        try bytes.withUnsafeBytes { try decode(type, from: $0) }
    }

    /// Decodes the one value that `bytes` holds, which must stay as they are until the call returns.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: UnsafeRawBufferPointer) throws -> Value {
        try decode(type, from: bytes, sharing: nil)
    }

    /// - Parameter source: What owns the bytes, if extensions may share it.
    private func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: UnsafeRawBufferPointer, sharing source: ArraySlice<UInt8>?
    ) throws -> Value {
        do throws(MessagePackError) {
            try limits.check(byteCount: bytes.count)
            guard bytes.count > 0 else { throw .truncated(at: 0, needs: 1, has: 0) }
        } catch {
            throw corrupted(error)
        }
        guard let base = bytes.baseAddress else { throw corrupted(.truncated(at: 0, needs: 1, has: 0)) }
        let state = DecodingState(bytes, base: base, source: source, limits: limits, userInfo: userInfo)
        defer { state.finish() }
        let value = try state.decode(type, at: 0, depth: 0, parent: CodingPath.root, step: nil)
        if let error = state.deferredError { throw error }
        do throws(MessagePackError) {
            let end = try state.end(ofValueAt: 0)
            guard end == bytes.count else {
                throw MessagePackError(.trailingBytes, "\(bytes.count - end) bytes follow the value", byteOffset: end)
            }
        } catch {
            throw corrupted(error)
        }
        return value
    }

    private func corrupted(_ error: MessagePackError) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: error.description, underlyingError: error))
    }
}
