/// One of a model's two matrices, in either of the forms that fastText stores.
enum WeightMatrix: Sendable {
    case dense(DenseMatrix)
    case quantized(QuantizedMatrix)

    init(_ what: StaticString, quantized: Bool, from reader: inout ModelFileReader) throws(FastTextError) {
        if quantized {
            self = .quantized(try QuantizedMatrix(what, from: &reader))
        } else {
            self = .dense(try DenseMatrix(what, from: &reader))
        }
    }

    var rowCount: Int {
        switch self {
        case .dense(let matrix): matrix.rowCount
        case .quantized(let matrix): matrix.rowCount
        }
    }

    var columnCount: Int {
        switch self {
        case .dense(let matrix): matrix.columnCount
        case .quantized(let matrix): matrix.columnCount
        }
    }

    /// Adds a row to `target`, which has `columnCount` elements.
    func add(row: Int, to target: UnsafeMutableBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) {
        switch self {
        case .dense(let matrix): matrix.add(row: row, to: target, in: bytes)
        case .quantized(let matrix): matrix.add(row: row, to: target, in: bytes)
        }
    }

    /// The dot product of a row and `vector`, which has `columnCount` elements.
    func dotProduct(row: Int, with vector: UnsafeBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) -> Float {
        switch self {
        case .dense(let matrix): matrix.dotProduct(row: row, with: vector, in: bytes)
        case .quantized(let matrix): matrix.dotProduct(row: row, with: vector, in: bytes)
        }
    }
}
