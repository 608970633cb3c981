/// A matrix inside a model file whose rows are codes of a product quantiser, as `fasttext quantize` writes it.
struct QuantizedMatrix: Sendable {
    let rowCount: Int
    let columnCount: Int
    private let codesStart: Int
    private let quantizer: ProductQuantizer
    private let norms: Norms?

    /// With `-qnorm`, rows are stored at unit length and their lengths apart, as one code each.
    private struct Norms {
        let codesStart: Int
        let quantizer: ProductQuantizer
    }

    init(_ what: StaticString, from reader: inout ModelFileReader) throws(FastTextError) {
        let hasNorms = try reader.flag("the flag for quantised norms")
        rowCount = try reader.longCount(what)
        columnCount = try reader.longCount(what)
        let sizePlace = reader.offset
        let codeCount = try reader.count("the number of codes")
        codesStart = try reader.skip(codeCount, "the codes of a quantised matrix")
        quantizer = try ProductQuantizer(dimension: columnCount, from: &reader)
        let (expected, overflow) = rowCount.multipliedReportingOverflow(by: quantizer.pieceCount)
        guard !overflow, expected == codeCount else {
            throw reader.corrupt("\(codeCount) codes do not make \(rowCount) rows of \(quantizer.pieceCount)", at: sizePlace)
        }
        if hasNorms {
            let start = try reader.skip(rowCount, "the codes of the rows' norms")
            norms = Norms(codesStart: start, quantizer: try ProductQuantizer(dimension: 1, from: &reader))
        } else {
            norms = nil
        }
    }

    /// Adds a row to `target`, which has `columnCount` elements.
    func add(row: Int, to target: UnsafeMutableBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) {
        let norm = norm(ofRow: row, in: bytes)
        for piece in 0..<quantizer.pieceCount {
            let part = UnsafeMutableBufferPointer(rebasing: target[quantizer.range(ofPiece: piece)])
            centroid(row: row, piece: piece, in: bytes).add(scaledBy: norm, to: part)
        }
    }

    /// The dot product of a row and `vector`, which has `columnCount` elements.
    func dotProduct(row: Int, with vector: UnsafeBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) -> Float {
        var sum: Float = 0
        for piece in 0..<quantizer.pieceCount {
            let part = UnsafeBufferPointer(rebasing: vector[quantizer.range(ofPiece: piece)])
            sum += centroid(row: row, piece: piece, in: bytes).dotProduct(with: part)
        }
        return sum * norm(ofRow: row, in: bytes)
    }

    private func centroid(row: Int, piece: Int, in bytes: UnsafeRawBufferPointer) -> UnalignedFloats {
        let code = bytes[codesStart + row * quantizer.pieceCount + piece]
        return quantizer.centroid(piece: piece, code: code, in: bytes)
    }

    private func norm(ofRow row: Int, in bytes: UnsafeRawBufferPointer) -> Float {
        guard let norms else { return 1 }
        return norms.quantizer.centroid(piece: 0, code: bytes[norms.codesStart + row], in: bytes)[0]
    }
}
