/// A numpy array, held as little-endian elements in row-major (C) order.
///
/// Arrays in Fortran order, with permuted axes or in big-endian byte order are rearranged when they are read; what is written
/// is always little-endian and row-major.
public struct NumpyArray: Sendable, Hashable {
    private enum Storage: Sendable, Hashable {
        case bytes([UInt8])
        case objects([PickleValue])
    }

    /// The length of each dimension, outermost first; empty for an array without dimensions, which has one element.
    public let shape: [Int]
    /// The type of the elements.
    public let elementType: NumpyElementType
    private let storage: Storage

    /// Makes an array of little-endian elements in row-major order.
    ///
    /// - Throws: ``PickleError`` with ``PickleError/Code/notRepresentable`` if the number of bytes is not the product of the
    ///   shape and the element's size, or the element type is ``NumpyElementType/object``.
    public init(_ elementType: NumpyElementType, shape: [Int], bytes: [UInt8]) throws(PickleError) {
        guard elementType != .object, let count = NumpyLayout.count(of: shape, elementSize: elementType.size),
            bytes.count == count * elementType.size
        else {
            throw PickleError(.notRepresentable, "\(bytes.count) bytes are not an array of \(elementType) with shape \(shape)")
        }
        guard count == 0 || elementType.size > 0 else {
            throw PickleError(.notRepresentable, "an array of \(elementType) with shape \(shape) has no data")
        }
        self.shape = shape
        self.elementType = elementType
        // A truth value is copied to a Swift Bool as it is, which is sound for 0 and 1 only.
        if elementType == .bool, bytes.contains(where: { $0 > 1 }) {
            self.storage = .bytes(bytes.map { $0 == 0 ? 0 : 1 })
        } else {
            self.storage = .bytes(bytes)
        }
    }

    /// Makes an array of numbers or truth values in row-major order.
    ///
    /// - Parameters:
    ///   - elements: the elements.
    ///   - shape: the dimensions; one dimension if nil.
    /// - Throws: ``PickleError`` with ``PickleError/Code/notRepresentable`` if the shape has another number of elements.
    public init<Element: NumpyElement>(_ elements: [Element], shape: [Int]? = nil) throws(PickleError) {
        let bytes = elements.withUnsafeBytes { [UInt8]($0) }
        try self.init(Element.numpyElementType, shape: shape ?? [elements.count], bytes: bytes)
    }

    /// Makes an array of Python objects in row-major order.
    ///
    /// - Throws: ``PickleError`` with ``PickleError/Code/notRepresentable`` if the shape has another number of elements.
    public init(objects: [PickleValue], shape: [Int]? = nil) throws(PickleError) {
        let shape = shape ?? [objects.count]
        guard NumpyLayout.count(of: shape, elementSize: 8) == objects.count else {
            throw PickleError(.notRepresentable, "\(objects.count) objects are not an array with shape \(shape)")
        }
        self.shape = shape
        self.elementType = .object
        self.storage = .objects(objects)
    }

    /// Makes an array of text, of one dimension, in elements as long as the longest text.
    public init(strings: [String]) {
        let longest = strings.reduce(1) { max($0, $1.unicodeScalars.count) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(strings.count * longest * 4)
        for string in strings {
            let end = bytes.count + longest * 4
            for scalar in string.unicodeScalars {
                for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: scalar.value >> shift)) }
            }
            bytes.append(contentsOf: repeatElement(0, count: end - bytes.count))
        }
        self.shape = [strings.count]
        self.elementType = .unicode(count: longest)
        self.storage = .bytes(bytes)
    }

    /// The number of elements.
    public var count: Int {
        switch self.storage {
        case .bytes(let bytes): self.elementType.size == 0 ? 0 : bytes.count / self.elementType.size
        case .objects(let objects): objects.count
        }
    }

    /// The elements as little-endian bytes in row-major order; empty for an array of objects.
    public var bytes: [UInt8] {
        guard case .bytes(let bytes) = self.storage else { return [] }
        return bytes
    }

    /// The elements of an array of objects in row-major order; empty for any other array.
    public var objects: [PickleValue] {
        guard case .objects(let objects) = self.storage else { return [] }
        return objects
    }

    /// The part of the array at an index of the first dimension: an array with one dimension less.
    ///
    /// - Returns: nil if the array has no dimensions or the index is out of range.
    public func row(_ index: Int) -> NumpyArray? {
        guard let length = self.shape.first, index >= 0, index < length else { return nil }
        let count = self.count / length
        switch self.storage {
        case .bytes(let bytes):
            let size = count * self.elementType.size
            return NumpyArray(self, shape: Array(self.shape.dropFirst()), storage: .bytes(Array(bytes[index * size..<(index + 1) * size])))
        case .objects(let objects):
            let part = Array(objects[index * count..<(index + 1) * count])
            return NumpyArray(self, shape: Array(self.shape.dropFirst()), storage: .objects(part))
        }
    }

    private init(_ array: NumpyArray, shape: [Int], storage: Storage) {
        self.shape = shape
        self.elementType = array.elementType
        self.storage = storage
    }
}
