/// One of a model's two matrices, in either of the forms that fastText stores.
///
/// Every sum is formed in fastText's order, so that results agree to the last bit.
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

    /// Adds rows, which must exist, one after the other to `target`, which has `columnCount` elements.
    func add(rows: UnsafeBufferPointer<UInt32>, to target: UnsafeMutableBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) {
        switch self {
        case .dense(let matrix): matrix.add(rows: rows, to: target, in: bytes)
        case .quantized(let matrix): matrix.add(rows: rows, to: target, in: bytes)
        }
    }

    /// The dot product of a row and `vector`, which has `columnCount` elements.
    func dotProduct(row: Int, with vector: UnsafeBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) -> Float {
        switch self {
        case .dense(let matrix): matrix.dotProduct(row: row, with: vector, in: bytes)
        case .quantized(let matrix): matrix.dotProduct(row: row, with: vector, in: bytes)
        }
    }

    /// Writes the dot product of every row and `vector` over `target`, which has `rowCount` elements.
    func writeDotProducts(
        with vector: UnsafeBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>, in bytes: UnsafeRawBufferPointer
    ) {
        switch self {
        case .dense(let matrix): matrix.writeDotProducts(with: vector, to: target, in: bytes)
        case .quantized(let matrix):
            for row in 0..<matrix.rowCount { target[row] = matrix.dotProduct(row: row, with: vector, in: bytes) }
        }
    }
}
