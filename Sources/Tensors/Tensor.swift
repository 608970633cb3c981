internal import Glibc

/// Numbers, truth values or byte strings in any number of dimensions, one after another in memory.
///
/// ```swift
/// let image = try Tensor(pixels, shape: [1, 224, 224, 3])        // pixels: [Float]
/// let sum = try image.withElements(of: Float.self) { elements in
///     var sum: Float = 0
///     for index in elements.indices { sum += elements[index] }
///     return sum
/// }
/// ```
///
/// Elements are little-endian, in row-major (C) order. A tensor that was decoded from MessagePack shares the memory of the message, as long as
/// its elements lie there as their type demands; it then keeps the whole message in memory.
public struct Tensor: Sendable {
    /// The length of each dimension, outermost first; empty for a single element.
    public let shape: [Int]

    /// The type of the elements.
    public let elementType: TensorElementType

    /// The elements as bytes; byte strings each with its length before it.
    public let bytes: ArraySlice<UInt8>

    /// The number of elements.
    public let count: Int

    /// Makes a tensor of elements that are bytes already. Truth values other than 0 become 1.
    ///
    /// - Throws: ``TensorError`` when there are not as many bytes as shape and type say.
    public init(_ elementType: TensorElementType, shape: [Int], bytes: ArraySlice<UInt8>) throws(TensorError) {
        let count = try TensorShape.count(of: shape)
        if let size = elementType.size {
            let (byteCount, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, bytes.count == byteCount else {
                throw TensorError("\(bytes.count) bytes are not \(count) elements of \(elementType), as the shape \(shape) has them")
            }
        } else {
            guard ByteStrings(bytes).count(upTo: count) == count else {
                throw TensorError("\(bytes.count) bytes are not \(count) byte strings, as the shape \(shape) has them")
            }
        }
        self.shape = shape
        self.elementType = elementType
        self.count = count
        // In Swift a truth value of another byte than these would be undefined.
        let isUnsound = elementType == .bool && bytes.contains { $0 > 1 }
        self.bytes = isUnsound ? bytes.map { $0 == 0 ? 0 : 1 }[...] : bytes
    }

    /// Makes a tensor of elements in row-major order.
    ///
    /// - Parameters:
    ///   - elements: The elements.
    ///   - shape: The dimensions; one dimension if `nil`.
    /// - Throws: ``TensorError`` when the shape has another number of elements.
    public init<Element: TensorElement>(_ elements: [Element], shape: [Int]? = nil) throws(TensorError) {
        try self.init(Element.tensorElementType, shape: shape ?? [elements.count], bytes: elements.withUnsafeBytes { [UInt8]($0) }[...])
    }

    /// Makes a tensor of byte strings in row-major order.
    ///
    /// - Throws: ``TensorError`` when the shape has another number of elements, or a string is longer than 4 GiB.
    public init(byteStrings: [[UInt8]], shape: [Int]? = nil) throws(TensorError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteStrings.reduce(0) { $0 + 4 + $1.count })
        for string in byteStrings {
            guard let length = UInt32(exactly: string.count) else { throw TensorError("a byte string has \(string.count) bytes") }
            withUnsafeBytes(of: length.littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: string)
        }
        try self.init(.bytes, shape: shape ?? [byteStrings.count], bytes: bytes[...])
    }

    /// The same elements in other dimensions.
    ///
    /// - Throws: ``TensorError`` when the shape has another number of elements.
    public func reshaped(to shape: [Int]) throws(TensorError) -> Tensor {
        try Tensor(elementType, shape: shape, bytes: bytes)
    }
}

extension Tensor: Hashable {
    /// Whether both have the same type, the same shape and the same bytes: so a NaN equals itself, and −0 not 0.
    public static func == (left: Tensor, right: Tensor) -> Bool {
        guard left.elementType == right.elementType, left.shape == right.shape, left.bytes.count == right.bytes.count else { return false }
        return left.bytes.withUnsafeBytes { left in
            right.bytes.withUnsafeBytes { right in left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0 }
        }
    }

    /// Feeds type, shape and bytes to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(elementType)
        hasher.combine(shape)
        hasher.combine(bytes)
    }
}
