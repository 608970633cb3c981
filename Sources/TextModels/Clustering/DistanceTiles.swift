/// Distances of a few items to a few others, formed together: each value that is read takes part in several of them, and no sum waits
/// for another.
///
/// Holds a pointer: valid only inside the call that lent the vectors.
struct DistanceTiles {
    private typealias Lanes = SIMD4<Float>

    /// The number of rows of a tile.
    static let height = 4
    /// The number of columns of a tile.
    static let width = 2

    /// Below this cosine distance another formula is better.
    private static let near: Float = 1 / 64

    private let vectors: UnsafeRawPointer
    /// Bytes from one vector to the next.
    private let stride: Int
    private let count: Int
    private let metric: AgglomerativeClustering.Metric

    /// - Parameters:
    ///   - vectors: Vector after vector, `width` registers each.
    ///   - count: The number of vectors, above 0.
    init(_ vectors: UnsafeBufferPointer<PackedVectors.Lanes>, width: Int, count: Int, metric: AgglomerativeClustering.Metric) {
        precondition(count > 0 && vectors.count == count * width)
        // Also an empty array lends an address.
        self.vectors = UnsafeRawPointer(vectors.baseAddress.unsafelyUnwrapped)
        stride = width * MemoryLayout<PackedVectors.Lanes>.size
        self.count = count
        self.metric = metric
    }

    /// Calls `body` with the distance of each of the rows from `row` on to each of the columns from `column` on.
    ///
    /// In place of those beyond the last item the last item stands, under its number and beyond.
    @inline(__always)
    func forEachDistance(_ row: Int, _ column: Int, _ body: (_ row: Int, _ column: Int, _ distance: Float) -> Void) {
        let sums = metric == .cosine ? sums(row, column) { $0 * $1 } : sums(row, column) { ($0 - $1) * ($0 - $1) }
        @inline(__always) func give(_ row: Int, _ column: Int, _ sum: Lanes) {
            switch metric {
            case .cosine:
                let distance = 1 - sum.sum()
                body(row, column, distance < Self.near ? nearDistance(row, column) : min(distance, 2))
            case .euclidean: body(row, column, sum.sum().squareRoot())
            }
        }
        give(row, column, sums.0)
        give(row, column + 1, sums.1)
        give(row + 1, column, sums.2)
        give(row + 1, column + 1, sums.3)
        give(row + 2, column, sums.4)
        give(row + 2, column + 1, sums.5)
        give(row + 3, column, sums.6)
        give(row + 3, column + 1, sums.7)
    }

    /// The cosine distance of vectors of almost the same direction.
    ///
    /// One less their product would keep few digits of it. Half the square of their difference is the same for vectors of unit length.
    private func nearDistance(_ row: Int, _ column: Int) -> Float {
        let (first, second) = (vector(row), vector(column))
        var sum = SIMD4<Double>.zero
        for offset in Swift.stride(from: 0, to: stride, by: MemoryLayout<Lanes>.size) {
            let difference = SIMD4<Double>(load(first, offset)) - SIMD4<Double>(load(second, offset))
            sum += difference * difference
        }
        return Float(sum.sum() / 2)
    }

    /// For each row and column the sum of `term` over the values of both.
    @inline(__always)
    private func sums(
        _ row: Int, _ column: Int, _ term: (Lanes, Lanes) -> Lanes
    ) -> (Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes) {
        let (row0, row1, row2, row3) = (vector(row), vector(row + 1), vector(row + 2), vector(row + 3))
        let (column0, column1) = (vector(column), vector(column + 1))
        var (sum0, sum1, sum2, sum3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        var (sum4, sum5, sum6, sum7) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        var offset = 0
        while offset < stride {
            let (first, second) = (load(column0, offset), load(column1, offset))
            var value = load(row0, offset)
            sum0 += term(value, first)
            sum1 += term(value, second)
            value = load(row1, offset)
            sum2 += term(value, first)
            sum3 += term(value, second)
            value = load(row2, offset)
            sum4 += term(value, first)
            sum5 += term(value, second)
            value = load(row3, offset)
            sum6 += term(value, first)
            sum7 += term(value, second)
            offset += MemoryLayout<Lanes>.size
        }
        return (sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7)
    }

    @inline(__always)
    private func vector(_ item: Int) -> UnsafeRawPointer { vectors + min(item, count - 1) * stride }

    @inline(__always)
    private func load(_ vector: UnsafeRawPointer, _ offset: Int) -> Lanes { vector.load(fromByteOffset: offset, as: Lanes.self) }
}
