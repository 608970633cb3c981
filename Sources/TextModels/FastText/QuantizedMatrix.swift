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

    /// Adds rows, which must exist, one after the other to `target`, which has `columnCount` elements.
    func add(rows: UnsafeBufferPointer<UInt32>, to target: UnsafeMutableBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) {
        let file = bytes.baseAddress.unsafelyUnwrapped
        var piece = 0
        // Pieces of two values are fastText's default. Eight of them stay in registers while rows are added.
        while let places = quantizer.places(ofPairsFrom: piece, count: 8) {
            let sums = target.baseAddress.unsafelyUnwrapped + 2 * piece
            var (first, second, third, fourth) = (lanes(sums), lanes(sums + 4), lanes(sums + 8), lanes(sums + 12))
            for row in rows {
                let codes = file + codesStart + Int(row) * quantizer.pieceCount + piece
                let norm = norm(ofRow: Int(row), in: file)
                @inline(__always) func pairs(_ index: Int) -> SIMD4<Float> {
                    SIMD4(
                        lowHalf: quantizer.pair(index, code: codes.load(fromByteOffset: index, as: UInt8.self), from: file + places),
                        highHalf: quantizer.pair(
                            index + 1, code: codes.load(fromByteOffset: index + 1, as: UInt8.self), from: file + places))
                }
                first += pairs(0) * norm
                second += pairs(2) * norm
                third += pairs(4) * norm
                fourth += pairs(6) * norm
            }
            store(first, to: sums)
            store(second, to: sums + 4)
            store(third, to: sums + 8)
            store(fourth, to: sums + 12)
            piece += 8
        }
        guard piece < quantizer.pieceCount else { return }
        for row in rows {
            let norm = norm(ofRow: Int(row), in: file)
            for piece in piece..<quantizer.pieceCount {
                let centroid = centroid(row: Int(row), piece: piece, in: file)
                let range = quantizer.range(ofPiece: piece)
                for (index, column) in range.enumerated() { target[column] += norm * value(index, of: centroid) }
            }
        }
    }

    /// The dot product of a row and `vector`, which has `columnCount` elements.
    func dotProduct(row: Int, with vector: UnsafeBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) -> Float {
        let file = bytes.baseAddress.unsafelyUnwrapped
        var sum: Float = 0
        for piece in 0..<quantizer.pieceCount {
            let centroid = centroid(row: row, piece: piece, in: file)
            for (index, column) in quantizer.range(ofPiece: piece).enumerated() { sum += vector[column] * value(index, of: centroid) }
        }
        return sum * norm(ofRow: row, in: file)
    }

    @inline(__always)
    private func centroid(row: Int, piece: Int, in file: UnsafeRawPointer) -> UnsafeRawPointer {
        let code = file.load(fromByteOffset: codesStart + row * quantizer.pieceCount + piece, as: UInt8.self)
        return file + quantizer.place(ofPiece: piece, code: code)
    }

    @inline(__always)
    private func value(_ index: Int, of centroid: UnsafeRawPointer) -> Float {
        centroid.loadUnaligned(fromByteOffset: index * MemoryLayout<Float>.size, as: Float.self)
    }

    @inline(__always)
    private func norm(ofRow row: Int, in file: UnsafeRawPointer) -> Float {
        guard let norms else { return 1 }
        let code = file.load(fromByteOffset: norms.codesStart + row, as: UInt8.self)
        return value(0, of: file + norms.quantizer.place(ofPiece: 0, code: code))
    }

    @inline(__always)
    private func lanes(_ pointer: UnsafeMutablePointer<Float>) -> SIMD4<Float> {
        UnsafeRawPointer(pointer).loadUnaligned(as: SIMD4<Float>.self)
    }

    @inline(__always)
    private func store(_ lanes: SIMD4<Float>, to pointer: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: lanes, as: SIMD4<Float>.self)
    }
}
