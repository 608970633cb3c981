/// A numpy scalar, such as the `numpy.float32` that indexing an array gives.
public struct NumpyScalar: Sendable, Hashable {
    /// The type of the scalar; never ``NumpyElementType/object``.
    public let elementType: NumpyElementType
    /// The little-endian bytes.
    public let bytes: [UInt8]
    /// The plain Python value.
    public let value: PickleValue

    /// Makes a scalar of a number or a truth value.
    public init(_ value: some NumpyElement) {
        self.elementType = type(of: value).numpyElementType
        self.bytes = withUnsafeBytes(of: value) { [UInt8]($0) }
        self.value = value.pickleValue
    }

    /// Makes a scalar from its bytes.
    ///
    /// - Throws: ``PickleError`` with ``PickleError/Code/notRepresentable`` if the number of bytes is not the type's size, or
    ///   ``PickleError/Code/invalidText`` if text has code units that are not Unicode scalar values.
    public init(_ elementType: NumpyElementType, bytes: [UInt8]) throws(PickleError) {
        guard elementType != .object, bytes.count == elementType.size else {
            throw PickleError(.notRepresentable, "\(bytes.count) bytes are not a scalar of \(elementType)")
        }
        guard let value = bytes.withUnsafeBytes({ elementType.value(of: $0) }) else {
            throw PickleError(.invalidText, "a scalar of \(elementType) is not Unicode text")
        }
        self.elementType = elementType
        self.bytes = bytes
        self.value = value
    }

    /// Whether both have the same type and the same value.
    public static func == (left: NumpyScalar, right: NumpyScalar) -> Bool {
        left.elementType == right.elementType && left.value == right.value
    }

    /// Feeds the type and the value to `hasher`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.elementType)
        hasher.combine(self.value)
    }
}
