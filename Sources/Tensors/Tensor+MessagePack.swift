public import MessagePack

/// On the wire a tensor is an extension of type 84 (`T`), all of it little-endian: a byte for the element type, a byte for the number of
/// dimensions, a byte for the number of padding bytes, a zero, the dimensions as `uint64`, the padding, and the elements.
extension Tensor: MessagePackExtension {
    private static let fixedByteCount = 4

    /// 84.
    public static var extensionType: Int8 { 84 }

    /// Padding by which the elements of a tensor that is a whole message lie at a multiple of eight bytes from its start.
    private var paddingByteCount: Int {
        switch Self.fixedByteCount + 8 * shape.count + bytes.count {
        case ...0xFE: 1
        case ...0xFFFF: 0
        default: 6
        }
    }

    /// The size of header, dimensions, padding and elements.
    public var payloadByteCount: Int { Self.fixedByteCount + 8 * shape.count + paddingByteCount + bytes.count }

    /// Appends header, dimensions, padding and elements.
    public func encodePayload(into payload: inout OutputRawSpan) throws {
        let padding = paddingByteCount
        for byte in [elementType.rawValue, UInt8(shape.count), UInt8(padding), 0] { payload.append(byte) }
        for dimension in shape { payload.append(UInt64(dimension).littleEndian, as: UInt64.self) }
        payload.append(repeating: 0, count: padding, as: UInt8.self)
        bytes.withUnsafeBytes { source in
            payload.withUnsafeMutableBytes { target, count in
                UnsafeMutableRawBufferPointer(rebasing: target[count..<count + source.count]).copyMemory(from: source)
                count += source.count
            }
        }
    }

    /// Copies the elements out of a payload.
    public init(payload: RawSpan) throws {
        try self.init(sharedPayload: payload.withUnsafeBytes { [UInt8]($0) }[...])
    }

    /// Takes the elements where they lie, or copies them if their type demands another alignment.
    public init(sharedPayload payload: ArraySlice<UInt8>) throws {
        do throws(TensorError) {
            try self.init(message: payload)
        } catch {
            throw MessagePackError.invalidExtension("not a tensor: \(error.message)")
        }
    }

    private init(message payload: ArraySlice<UInt8>) throws(TensorError) {
        guard payload.count >= Self.fixedByteCount else { throw TensorError("\(payload.count) bytes are less than its header") }
        let header = payload.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }.littleEndian
        let (type, rank, padding) = (UInt8(truncatingIfNeeded: header), Int(header >> 8 & 0xFF), Int(header >> 16 & 0xFF))
        guard let elementType = TensorElementType(rawValue: type) else { throw TensorError("there is no element type \(type)") }
        guard rank <= TensorShape.maximumRank else { throw TensorError("\(rank) dimensions are more than \(TensorShape.maximumRank)") }
        guard padding < 64 else { throw TensorError("\(padding) bytes of padding are more than 63") }
        guard header >> 24 == 0 else { throw TensorError("the fourth byte is \(header >> 24), not 0") }
        let start = Self.fixedByteCount + 8 * rank
        guard payload.count >= start + padding else { throw TensorError("\(payload.count) bytes are less than its dimensions") }
        var shape: [Int] = []
        shape.reserveCapacity(rank)
        for index in 0..<rank {
            let dimension = payload.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: Self.fixedByteCount + 8 * index, as: UInt64.self)
            }
            guard let dimension = Int(exactly: UInt64(littleEndian: dimension)) else {
                throw TensorError("\(dimension) is too large for a dimension")
            }
            shape.append(dimension)
        }
        var elements = payload.dropFirst(start + padding)
        let isAligned = elements.withUnsafeBytes { Int(bitPattern: $0.baseAddress) & ((elementType.size ?? 1) - 1) == 0 }
        if !isAligned { elements = [UInt8](elements)[...] }
        try self.init(elementType, shape: shape, bytes: elements)
    }
}
