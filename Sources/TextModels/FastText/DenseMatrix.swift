/// A row-major matrix of 32-bit floats inside a model file.
///
/// The dictionary before it has any length, so the values are unaligned.
struct DenseMatrix: Sendable {
    let rowCount: Int
    let columnCount: Int
    private let start: Int

    init(_ what: StaticString, from reader: inout ModelFileReader) throws(FastTextError) {
        rowCount = try reader.longCount(what)
        columnCount = try reader.longCount(what)
        start = try reader.skip(rows: rowCount, columns: columnCount, width: MemoryLayout<Float>.size, what)
    }

    /// Adds a row to `target`, which has `columnCount` elements.
    func add(row: Int, to target: UnsafeMutableBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) {
        let place = start + row * columnCount * MemoryLayout<Float>.size
        UnalignedFloats(bytes, at: place, count: columnCount).add(to: target)
    }

    /// The dot product of a row and `vector`, which has `columnCount` elements.
    func dotProduct(row: Int, with vector: UnsafeBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) -> Float {
        let place = start + row * columnCount * MemoryLayout<Float>.size
        return UnalignedFloats(bytes, at: place, count: columnCount).dotProduct(with: vector)
    }
}
