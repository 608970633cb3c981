/// Rearranges the bytes of an array into little-endian elements in row-major order.
struct NumpyLayout {
    /// The shape of the array.
    let shape: [Int]
    /// Where the axes of the array lie in memory, outermost first; nil if they lie in order, as in C.
    let axes: [Int]?

    /// A layout in which the last axis lies innermost, as in C.
    static func rowMajor(_ shape: [Int]) -> NumpyLayout { NumpyLayout(shape: shape, axes: nil) }

    /// A layout in which the first axis lies innermost, as in Fortran.
    static func columnMajor(_ shape: [Int]) -> NumpyLayout {
        NumpyLayout(shape: shape, axes: shape.count < 2 ? nil : Array(shape.indices.reversed()))
    }

    /// The number of elements of a shape, or nil if a dimension is negative or the array would exceed what memory can address.
    ///
    /// Dimensions of zero do not excuse the others: numpy checks them too.
    static func count(of shape: [Int], elementSize: Int) -> Int? {
        var size = max(elementSize, 1)
        for dimension in shape where dimension != 0 {
            guard dimension > 0 else { return nil }
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
            guard !overflow else { return nil }
            size = product
        }
        return shape.contains(0) ? 0 : size / max(elementSize, 1)
    }

    /// Returns the elements in row-major order.
    ///
    /// - Parameter bytes: as many elements of `size` bytes as the shape has.
    func rowMajor(_ bytes: [UInt8], elementSize size: Int) -> [UInt8] {
        guard let axes, !bytes.isEmpty else { return bytes }
        // Strides in the source, by axis of the array.
        var strides = [Int](repeating: 0, count: self.shape.count)
        var stride = size
        for axis in axes.reversed() {
            strides[axis] = stride
            stride *= self.shape[axis]
        }
        return [UInt8](unsafeUninitializedCapacity: bytes.count) { target, initialized in
            bytes.withUnsafeBufferPointer { source in
                // Invariant: `offset` addresses the element of `index`, so offset + size <= source.count; `position` advances
                // by `size` once for each element, so position + size <= target.count. Both buffers are non-empty.
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                var index = [Int](repeating: 0, count: self.shape.count)
                var offset = 0
                for position in Swift.stride(from: 0, to: bytes.count, by: size) {
                    UnsafeMutableRawPointer(to + position).copyMemory(from: from + offset, byteCount: size)
                    var axis = self.shape.count - 1
                    while axis >= 0 {
                        index[axis] += 1
                        offset += strides[axis]
                        if index[axis] < self.shape[axis] { break }
                        offset -= strides[axis] * self.shape[axis]
                        index[axis] = 0
                        axis -= 1
                    }
                }
            }
            initialized = bytes.count
        }
    }

    /// Reverses the bytes of every unit of `width` bytes.
    static func swapBytes(_ bytes: inout [UInt8], width: Int) {
        guard width > 1 else { return }
        for start in Swift.stride(from: 0, to: bytes.count - width + 1, by: width) {
            for index in 0..<(width / 2) { bytes.swapAt(start + index, start + width - 1 - index) }
        }
    }
}
