/// A fastText model file made field by field, so that tests know every vector and may falsify every field.
struct SyntheticModel {
    struct Entry {
        var text: [UInt8]
        var count: Int64 = 1
        var isLabel = false
    }

    var magic: Int32 = 793_712_314
    var version: Int32 = 12
    var dimension: Int32 = 4
    var wordNGrams: Int32 = 1
    var loss: Int32 = 2
    var architecture: Int32 = 2
    var bucketCount: Int32 = 0
    var minimumSubwordLength: Int32 = 0
    var maximumSubwordLength: Int32 = 0
    var entries: [Entry] = []
    var pruned: [(bucket: Int32, row: Int32)]?
    var inputRows: [[Float]] = []
    var outputRows: [[Float]] = []
    /// Whether the input matrix is written as codes of a quantiser with pieces of two values.
    var isQuantized = false
    /// Sizes to write instead of the true ones.
    var claimedEntryCount: Int32?
    var claimedWordCount: Int32?
    var claimedPrunedCount: Int64?
    var claimedInputRows: Int64?
    var claimedInputColumns: Int64?

    /// A model whose words have the given vectors.
    init(words: [(String, [Float])]) {
        dimension = Int32(words.first?.1.count ?? 4)
        entries = words.map { Entry(text: Array($0.0.utf8)) }
        inputRows = words.map(\.1)
        outputRows = inputRows
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(magic)
        append(version)
        for value in [
            dimension, 5, 1, 1, 5, wordNGrams, loss, architecture, bucketCount, minimumSubwordLength, maximumSubwordLength, 100,
        ] { append(value) }
        append((1e-4).bitPattern)

        let wordCount = Int32(entries.count { !$0.isLabel })
        append(claimedEntryCount ?? Int32(entries.count))
        append(claimedWordCount ?? wordCount)
        append(Int32(entries.count) - wordCount)
        append(Int64(entries.count))
        append(claimedPrunedCount ?? pruned.map { Int64($0.count) } ?? -1)
        for entry in entries {
            bytes.append(contentsOf: entry.text + [0])
            append(entry.count)
            append(UInt8(entry.isLabel ? 1 : 0))
        }
        for (bucket, row) in pruned ?? [] {
            append(bucket)
            append(row)
        }
        append(UInt8(isQuantized ? 1 : 0))
        if isQuantized { append(UInt8(1)) }
        append(claimedInputRows ?? Int64(inputRows.count))
        append(claimedInputColumns ?? Int64(dimension))
        if isQuantized {
            let (codes, norms) = quantizer
            bytes += codes + norms
        } else {
            for value in inputRows.joined() { append(value.bitPattern) }
        }
        append(UInt8(0))
        append(Int64(outputRows.count))
        append(Int64(dimension))
        for value in outputRows.joined() { append(value.bitPattern) }
        return bytes
    }

    /// The sections of a quantised matrix: codes with their centroids, and norms with theirs. Values do not follow `inputRows`.
    private var quantizer: (codes: [UInt8], norms: [UInt8]) {
        func bytes(_ values: [Int32]) -> [UInt8] { values.flatMap { value in withUnsafeBytes(of: value.littleEndian, Array.init) } }
        func centroids(_ count: Int32) -> [UInt8] { bytes((0..<count * 256).map { Int32(bitPattern: (Float($0 % 7) - 3).bitPattern) }) }
        let pieces = (dimension + 1) / 2
        let codes = (0..<Int32(inputRows.count) * pieces).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let shape = bytes([dimension, pieces, 2, dimension - 2 * (pieces - 1)])
        let norms = inputRows.indices.map { UInt8(truncatingIfNeeded: $0) }
        return (bytes([Int32(codes.count)]) + codes + shape + centroids(dimension), norms + bytes([1, 1, 1, 1]) + centroids(1))
    }
}
