/// The codebooks of a quantised matrix: a vector is cut into pieces, and each piece is one of 256 centroids.
///
/// Source: Jégou, Douze, Schmid, "Product quantization for nearest neighbor search" (2011).
struct ProductQuantizer: Sendable {
    private static let centroidsPerPiece = 256
    /// The bytes that the centroids of a piece of two values take.
    private static let pairTableSize = centroidsPerPiece * MemoryLayout<SIMD2<Float>>.size

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

    /// Where in the file the centroid starts that `code` stands for as piece number `piece`.
    @inline(__always)
    func place(ofPiece piece: Int, code: UInt8) -> Int {
        let length = piece == pieceCount - 1 ? lastPieceLength : pieceLength
        return start + (piece * Self.centroidsPerPiece * pieceLength + Int(code) * length) * MemoryLayout<Float>.size
    }

    /// Where in the file the centroids of `count` pieces start, if there are so many from `piece` on and all have two values.
    func places(ofPairsFrom piece: Int, count: Int) -> Int? {
        let isLast = piece + count == pieceCount
        guard pieceLength == 2, piece + count <= pieceCount, !isLast || lastPieceLength == 2 else { return nil }
        return start + piece * Self.pairTableSize
    }

    /// A centroid of two values, where `places` is what ``places(ofPairsFrom:count:)`` found.
    @inline(__always)
    func pair(_ index: Int, code: UInt8, from places: UnsafeRawPointer) -> SIMD2<Float> {
        let offset = index * Self.pairTableSize + Int(code) * MemoryLayout<SIMD2<Float>>.size
        return places.loadUnaligned(fromByteOffset: offset, as: SIMD2<Float>.self)
    }

    /// Where a piece lies in the whole vector.
    func range(ofPiece piece: Int) -> Range<Int> {
        let first = piece * pieceLength
        return first..<min(first + pieceLength, dimension)
    }
}
