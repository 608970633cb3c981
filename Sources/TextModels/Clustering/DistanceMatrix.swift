import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The distances between n items, each pair once: rows of the upper triangle, one after the other.
struct DistanceMatrix: Sendable {
    /// From this many items on, two or more threads share the work.
    private static let parallelCount = 1_000
    /// Rows of a piece of work, and columns that they meet before the next ones: their vectors stay in the second cache for so long.
    private static let (rowsPerBlock, columnsPerBlock) = (32, 64)
    /// Blocks that each processor gets before it is looked whether anybody still waits: less than a second for 20,000 vectors.
    private static let blocksBetweenChecks = 16

    let count: Int
    private(set) var values: [Float]

    /// - Parameters:
    ///   - vectors: One vector per item.
    ///   - metric: What their distance is.
    ///   - progress: Is told now and then what share of the distances is there.
    /// - Throws: ``ClusteringError`` if lengths differ, a value or distance is not finite, or a vector is zero under cosine distance; when
    ///   the task is cancelled.
    init(
        of vectors: [[Float]], metric: AgglomerativeClustering.Metric, progress: (Double) -> Void = { _ in }
    ) throws(ClusteringError) {
        let rows = try PackedVectors(vectors, for: metric)
        count = rows.count
        values = Self.distances(of: rows, metric: metric, progress: progress)
        // Then they are not there.
        try ClusteringError.checkCancellation()
        guard values.allSatisfy(\.isFinite) else {
            throw ClusteringError(.notFinite, "the distance of two vectors overflows; scale the vectors down")
        }
    }

    /// The distance of two different items.
    subscript(first: Int, second: Int) -> Float {
        values[Self.index(first, second, count: count)]
    }

    /// Lends the distances, to be changed.
    mutating func withMutableValues<Result, Failure: Error>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try values.withUnsafeMutableBufferPointer { (values) throws(Failure) in try body(values) }
    }

    /// Where the distance of `first` and `second` is in ``values``.
    static func index(_ first: Int, _ second: Int, count: Int) -> Int {
        let (low, high) = first < second ? (first, second) : (second, first)
        return low * (2 * count - low - 1) / 2 + high - low - 1
    }

    /// The distances, or none at all if the task is cancelled meanwhile.
    private static func distances(
        of rows: PackedVectors, metric: AgglomerativeClustering.Metric, progress: (Double) -> Void
    ) -> [Float] {
        let count = rows.count
        let pairs = count * (count - 1) / 2
        return [Float](unsafeUninitializedCapacity: pairs) { target, initialized in
            useLargePages(for: UnsafeRawBufferPointer(target))
            rows.withLanes { lanes in
                // Shared by threads that write disjoint rows of `target` and only read `lanes`; both outlive them, because
                // `concurrentPerform` returns after the last one.
                nonisolated(unsafe) let target = target
                nonisolated(unsafe) let lanes = lanes
                let blocks = (count + rowsPerBlock - 1) / rowsPerBlock
                let work = { @Sendable (block: Int) in
                    let range = block * rowsPerBlock..<min(count, (block + 1) * rowsPerBlock)
                    write(rows: range, of: lanes, width: rows.width, count: count, metric: metric, to: target)
                }
                let isParallel = count >= parallelCount
                let step = blocksBetweenChecks * (isParallel ? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) : 1)
                for first in stride(from: 0, to: blocks, by: step) {
                    guard !Task.isCancelled else { return }
                    let stepCount = min(step, blocks - first)
                    if isParallel {
                        DispatchQueue.concurrentPerform(iterations: stepCount) { work(first + $0) }
                    } else {
                        for block in first..<first + stepCount { work(block) }
                    }
                    // Later rows are shorter.
                    let rest = Double(blocks - first - stepCount) / Double(blocks)
                    progress(1 - rest * rest)
                }
                initialized = pairs
            }
        }
    }

    /// Asks for large pages: the distances to one item lie in a small page each.
    private static func useLargePages(for memory: UnsafeRawBufferPointer) {
        #if os(Linux)
        let pageSize = 1 << 21
        guard memory.count >= 2 * pageSize, let base = memory.baseAddress else { return }
        let start = base.alignedUp(toMultipleOf: pageSize)
        // Advice only: whether it is followed changes no result.
        _ = madvise(UnsafeMutableRawPointer(mutating: start), (memory.count - (start - base)) / pageSize * pageSize, MADV_HUGEPAGE)
        #endif
    }

    /// Writes the distances of neighbouring rows to all later items.
    private static func write(
        rows: Range<Int>, of lanes: UnsafeBufferPointer<PackedVectors.Lanes>, width: Int, count: Int,
        metric: AgglomerativeClustering.Metric, to target: UnsafeMutableBufferPointer<Float>
    ) {
        let tiles = DistanceTiles(lanes, width: width, count: count, metric: metric)
        for block in stride(from: rows.lowerBound + 1, to: count, by: columnsPerBlock) {
            let columns = block..<min(count, block + columnsPerBlock)
            for row in stride(from: rows.lowerBound, to: min(rows.upperBound, columns.upperBound - 1), by: DistanceTiles.height) {
                for column in stride(from: columns.lowerBound, to: columns.upperBound, by: DistanceTiles.width)
                where column + DistanceTiles.width > row + 1 {
                    tiles.forEachDistance(row, column) { row, column, distance in
                        guard row < column, rows.contains(row), columns.contains(column) else { return }
                        target[index(row, column, count: count)] = distance
                    }
                }
            }
        }
    }
}
