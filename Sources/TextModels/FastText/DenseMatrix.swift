/// A row-major matrix of 32-bit floats inside a model file.
///
/// The dictionary before it has any length, so the values are unaligned.
struct DenseMatrix: Sendable {
    /// As many values as one column block has: they stay in registers while rows are added.
    private typealias Lanes = SIMD8<Float>
    private static let blockLength = 4 * Lanes.scalarCount
    private static let floatSize = MemoryLayout<Float>.size

    let rowCount: Int
    let columnCount: Int
    private let start: Int

    init(_ what: StaticString, from reader: inout ModelFileReader) throws(FastTextError) {
        rowCount = try reader.longCount(what)
        columnCount = try reader.longCount(what)
        start = try reader.skip(rows: rowCount, columns: columnCount, width: MemoryLayout<Float>.size, what)
    }

    /// Adds rows, which must exist, one after the other to `target`, which has `columnCount` elements.
    func add(rows: UnsafeBufferPointer<UInt32>, to target: UnsafeMutableBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) {
        let matrix = matrix(in: bytes)
        let sums = UnsafeMutableRawPointer(target.baseAddress.unsafelyUnwrapped)
        var column = 0
        while column + Self.blockLength <= columnCount {
            addBlock(at: column, of: rows, in: matrix, to: sums)
            column += Self.blockLength
        }
        while column + 4 <= columnCount {
            addLanes(SIMD4<Float>.self, at: column, of: rows, in: matrix, to: sums)
            column += 4
        }
        while column < columnCount {
            var sum = target[column]
            for row in rows { sum += matrix.loadUnaligned(fromByteOffset: place(of: row, column), as: Float.self) }
            target[column] = sum
            column += 1
        }
    }

    /// The dot product of a row and `vector`, which has `columnCount` elements.
    func dotProduct(row: Int, with vector: UnsafeBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) -> Float {
        let row = matrix(in: bytes) + row * columnCount * Self.floatSize
        var sum: Float = 0
        for column in 0..<columnCount {
            sum += row.loadUnaligned(fromByteOffset: column * Self.floatSize, as: Float.self) * vector[column]
        }
        return sum
    }

    /// Writes the dot product of every row and `vector` over `target`, which has `rowCount` elements.
    ///
    /// Eight rows at a time: each has its sum, formed from front to back, but no sum waits for another.
    func writeDotProducts(
        with vector: UnsafeBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>, in bytes: UnsafeRawBufferPointer
    ) {
        let matrix = matrix(in: bytes)
        let stride = columnCount * Self.floatSize
        var row = 0
        while row + 8 <= rowCount {
            let rows = matrix + row * stride
            var (first, second) = (SIMD4<Float>.zero, SIMD4<Float>.zero)
            for column in 0..<columnCount {
                let value = vector[column]
                let place = rows + column * Self.floatSize
                func load(_ row: Int) -> Float { place.loadUnaligned(fromByteOffset: row * stride, as: Float.self) }
                first += SIMD4(load(0), load(1), load(2), load(3)) * value
                second += SIMD4(load(4), load(5), load(6), load(7)) * value
            }
            for lane in 0..<4 {
                target[row + lane] = first[lane]
                target[row + lane + 4] = second[lane]
            }
            row += 8
        }
        while row < rowCount {
            target[row] = dotProduct(row: row, with: vector, in: bytes)
            row += 1
        }
    }

    private func addBlock(
        at column: Int, of rows: UnsafeBufferPointer<UInt32>, in matrix: UnsafeRawPointer, to sums: UnsafeMutableRawPointer
    ) {
        let size = MemoryLayout<Lanes>.size
        let sums = sums + column * Self.floatSize
        var first = sums.loadUnaligned(as: Lanes.self)
        var second = sums.loadUnaligned(fromByteOffset: size, as: Lanes.self)
        var third = sums.loadUnaligned(fromByteOffset: 2 * size, as: Lanes.self)
        var fourth = sums.loadUnaligned(fromByteOffset: 3 * size, as: Lanes.self)
        for row in rows {
            let values = matrix + place(of: row, column)
            first += values.loadUnaligned(as: Lanes.self)
            second += values.loadUnaligned(fromByteOffset: size, as: Lanes.self)
            third += values.loadUnaligned(fromByteOffset: 2 * size, as: Lanes.self)
            fourth += values.loadUnaligned(fromByteOffset: 3 * size, as: Lanes.self)
        }
        sums.storeBytes(of: first, as: Lanes.self)
        sums.storeBytes(of: second, toByteOffset: size, as: Lanes.self)
        sums.storeBytes(of: third, toByteOffset: 2 * size, as: Lanes.self)
        sums.storeBytes(of: fourth, toByteOffset: 3 * size, as: Lanes.self)
    }

    @inline(__always)
    private func addLanes<Block: SIMD<Float>>(
        _ type: Block.Type, at column: Int, of rows: UnsafeBufferPointer<UInt32>, in matrix: UnsafeRawPointer,
        to sums: UnsafeMutableRawPointer
    ) where Block: BitwiseCopyable {
        let sums = sums + column * Self.floatSize
        var sum = sums.loadUnaligned(as: Block.self)
        for row in rows { sum += (matrix + place(of: row, column)).loadUnaligned(as: Block.self) }
        sums.storeBytes(of: sum, as: Block.self)
    }

    @inline(__always)
    private func place(of row: UInt32, _ column: Int) -> Int { (Int(row) * columnCount + column) * Self.floatSize }

    /// A mapping is never empty, and `init` has checked that the matrix lies inside it.
    private func matrix(in bytes: UnsafeRawBufferPointer) -> UnsafeRawPointer { bytes.baseAddress.unsafelyUnwrapped + start }
}
