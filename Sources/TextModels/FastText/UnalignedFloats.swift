/// A run of 32-bit floats at any byte of a mapped file, processed eight at a time.
///
/// Holds a pointer: valid only inside the `withUnsafeBytes` call that lent the bytes.
struct UnalignedFloats {
    private typealias Lanes = SIMD8<Float>

    private let base: UnsafeRawPointer
    let count: Int

    /// The run must lie inside `bytes`, which the readers of matrices have checked.
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int, count: Int) {
        let run = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count * MemoryLayout<Float>.size])
        // A mapping is never empty, so its slices have an address.
        base = run.baseAddress.unsafelyUnwrapped
        self.count = count
    }

    subscript(index: Int) -> Float {
        base.loadUnaligned(fromByteOffset: index * MemoryLayout<Float>.size, as: Float.self)
    }

    func add(to target: UnsafeMutableBufferPointer<Float>) {
        precondition(target.count == count)
        let sum = UnsafeMutableRawPointer(target.baseAddress.unsafelyUnwrapped)
        forEachBlock { offset in
            let lanes = sum.loadUnaligned(fromByteOffset: offset, as: Lanes.self) + lanes(at: offset)
            sum.storeBytes(of: lanes, toByteOffset: offset, as: Lanes.self)
        } remainder: { index in
            target[index] += self[index]
        }
    }

    /// Adds each value times `scale`.
    func add(scaledBy scale: Float, to target: UnsafeMutableBufferPointer<Float>) {
        for index in 0..<count { target[index] += scale * self[index] }
    }

    func dotProduct(with vector: UnsafeBufferPointer<Float>) -> Float {
        precondition(vector.count == count)
        let other = UnsafeRawPointer(vector.baseAddress.unsafelyUnwrapped)
        var lanesSum = Lanes.zero
        var rest: Float = 0
        forEachBlock { offset in
            lanesSum += lanes(at: offset) * other.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
        } remainder: { index in
            rest += self[index] * vector[index]
        }
        return lanesSum.sum() + rest
    }

    private func lanes(at offset: Int) -> Lanes {
        base.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
    }

    /// Calls `body` with the byte offset of each full block of lanes, and `remainder` with each index behind them.
    private func forEachBlock(_ body: (Int) -> Void, remainder: (Int) -> Void) {
        let blocks = count / Lanes.scalarCount
        for block in 0..<blocks { body(block * MemoryLayout<Lanes>.size) }
        for index in (blocks * Lanes.scalarCount)..<count { remainder(index) }
    }
}
