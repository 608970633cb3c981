/// The codebooks of a quantised matrix: a vector is cut into pieces, and each piece is one of 256 centroids.
///
/// Source: Jégou, Douze, Schmid, "Product quantization for nearest neighbor search" (2011).
struct ProductQuantizer: Sendable {
    private static let centroidsPerPiece = 256

    /// The number of pieces, and so of codes per vector.
    let pieceCount: Int
    private let dimension: Int
    private let pieceLength: Int
    private let lastPieceLength: Int
    private let start: Int

    init(dimension: Int, from reader: inout ModelFileReader) throws(FastTextError) {
        let place = reader.offset
        self.dimension = try reader.count("the dimension of a quantiser")
        pieceCount = try reader.count("the number of pieces of a quantiser")
        pieceLength = try reader.count("the length of a quantiser's pieces")
        lastPieceLength = try reader.count("the length of a quantiser's last piece")
        // Each is below 2^31, so the product cannot overflow.
        guard self.dimension == dimension, pieceCount > 0, lastPieceLength > 0, lastPieceLength <= pieceLength,
            (pieceCount - 1) * pieceLength + lastPieceLength == dimension
        else {
            throw reader.corrupt(
                "a quantiser of \(self.dimension) values in \(pieceCount) pieces of \(pieceLength), the last of \(lastPieceLength),"
                    + " does not fit vectors of \(dimension)", at: place)
        }
        start = try reader.skip(
            rows: dimension, columns: Self.centroidsPerPiece, width: MemoryLayout<Float>.size, "the centroids of a quantiser")
    }

    /// The centroid that `code` stands for as piece number `piece`.
    func centroid(piece: Int, code: UInt8, in bytes: UnsafeRawBufferPointer) -> UnalignedFloats {
        let isLast = piece == pieceCount - 1
        let length = isLast ? lastPieceLength : pieceLength
        let index = piece * Self.centroidsPerPiece * pieceLength + Int(code) * length
        return UnalignedFloats(bytes, at: start + index * MemoryLayout<Float>.size, count: length)
    }

    /// Where a piece lies in the whole vector.
    func range(ofPiece piece: Int) -> Range<Int> {
        let first = piece * pieceLength
        return first..<min(first + pieceLength, dimension)
    }
}
