/// Writes `Encodable` values as plain Python values.
///
/// Structures and dictionaries become `dict` with `str` keys (dictionaries with `Int` keys keep them as `int`), arrays `list`,
/// `[UInt8]` `bytes`, nil `None`. ``PickleValue``, ``NumpyArray`` and ``NumpyScalar`` are written as they are.
public struct PickleEncoder: Sendable {
    /// What an array of numbers or truth values becomes.
    public enum NumericArrayForm: Sendable, Hashable {
        /// A `list`.
        case list
        /// A `numpy.ndarray` of one dimension and the same element type.
        case numpy
    }

    /// What an array of numbers or truth values becomes; `[UInt8]` always becomes `bytes`.
    public var numericArrays: NumericArrayForm
    /// The writer of the plain values.
    public var writer: PickleWriter
    /// Passed to the values being encoded.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// Makes an encoder.
    public init(numericArrays: NumericArrayForm = .list, writer: PickleWriter = PickleWriter()) {
        self.numericArrays = numericArrays
        self.writer = writer
    }

    /// Writes a value as a pickle.
    ///
    /// - Throws: `EncodingError` from the value itself, or ``PickleError``.
    public func encode(_ value: some Encodable) throws -> [UInt8] {
        try self.writer.write(try self.encodeToValue(value))
    }

    /// Turns a value into a plain Python value.
    ///
    /// - Throws: `EncodingError` from the value itself, or ``PickleError``.
    public func encodeToValue(_ value: some Encodable) throws -> PickleValue {
        try PickleValueEncoder(options: self, codingPath: []).encoded(value)
    }
}
