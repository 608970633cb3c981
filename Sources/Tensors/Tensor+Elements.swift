extension Tensor {
    /// Calls `body` with the elements where they lie, in row-major order.
    ///
    /// - Parameters:
    ///   - type: The type of the elements: `Float` for `FP32`, `Int` or `Int64` for `INT64`, ``BFloat16`` for `BF16`, and so on.
    ///   - body: Gets the elements, which last no longer than the call.
    /// - Returns: What `body` returns.
    /// - Throws: ``TensorError`` when the elements are of another type; and what `body` throws.
    public func withElements<Element: TensorElement, Outcome>(
        of type: Element.Type, _ body: (Span<Element>) throws -> Outcome
    ) throws -> Outcome {
        guard elementType == type.tensorElementType else {
            throw TensorError("the elements are \(elementType), not \(type.tensorElementType)")
        }
        return try bytes.withUnsafeBytes { memory in
            if memory.isAligned(for: type) {
                // Sound because the memory is as large and aligned as so many elements, whose types take any bytes; only truth values do not,
                // and theirs have been looked at.
                return try memory.withMemoryRebound(to: Element.self) { try body($0.span) }
            }
            return try withUnsafeTemporaryAllocation(byteCount: memory.count, alignment: MemoryLayout<Element>.alignment) { copy in
                copy.copyMemory(from: memory)
                return try UnsafeRawBufferPointer(copy).withMemoryRebound(to: Element.self) { try body($0.span) }
            }
        }
    }

    /// The elements in row-major order.
    ///
    /// - Throws: ``TensorError`` when they are of another type.
    public func elements<Element: TensorElement>(of type: Element.Type = Element.self) throws(TensorError) -> [Element] {
        guard elementType == type.tensorElementType else {
            throw TensorError("the elements are \(elementType), not \(type.tensorElementType)")
        }
        return [Element](unsafeUninitializedCapacity: count) { target, initialized in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
            initialized = count
        }
    }

    /// The byte strings in row-major order.
    ///
    /// - Throws: ``TensorError`` when the elements are of another type.
    public func byteStrings() throws(TensorError) -> [[UInt8]] {
        guard elementType == .bytes else { throw TensorError("the elements are \(elementType), not \(TensorElementType.bytes)") }
        return ByteStrings(bytes).map { Array($0) }
    }
}

extension UnsafeRawBufferPointer {
    func isAligned<Element>(for type: Element.Type) -> Bool {
        Int(bitPattern: baseAddress) & (MemoryLayout<Element>.alignment - 1) == 0
    }
}
