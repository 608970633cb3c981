/// Reads `Decodable` values from pickles of plain Python values and numpy arrays.
///
/// Structures and dictionaries decode from `dict`, arrays from `list`, `tuple`, `set`, `frozenset` and numpy arrays (of which the
/// rows of the first dimension are the elements), optionals from `None`, `[UInt8]` also from `bytes` and `bytearray`
/// (which are integers to other arrays, as they are to Python's `list`), and numbers from any number that the type can hold exactly, with rounding to floating-point types only. ``PickleValue``, ``NumpyArray`` and
/// ``NumpyScalar`` decode as they are.
public struct PickleDecoder: Sendable {
    /// The reader of the plain values.
    public var reader: PickleReader
    /// Passed to the values being decoded.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// Makes a decoder.
    public init(reader: PickleReader = PickleReader()) {
        self.reader = reader
    }

    /// Reads a value from a pickle.
    ///
    /// - Throws: `DecodingError`; if the pickle itself is at fault, `dataCorrupted` with a ``PickleError`` as underlying error.
    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try self.decode(type, from: bytes[...])
    }

    /// Reads a value from a pickle.
    ///
    /// - Throws: `DecodingError`; if the pickle itself is at fault, `dataCorrupted` with a ``PickleError`` as underlying error.
    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: ArraySlice<UInt8>) throws -> Value {
        let value: PickleValue
        do {
            value = try self.reader.read(bytes)
        } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: error.description, underlyingError: error))
        }
        return try self.decode(type, fromValue: value)
    }

    /// Turns a plain Python value into a value of `type`.
    ///
    /// - Throws: `DecodingError`.
    public func decode<Value: Decodable>(_ type: Value.Type, fromValue value: PickleValue) throws -> Value {
        try PickleValueDecoder(value: value, codingPath: [], userInfo: self.userInfo).decode(type)
    }
}
