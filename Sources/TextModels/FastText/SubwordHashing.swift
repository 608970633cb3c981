/// Which rows of the input matrix belong to the parts of a word: what of the model says so. ``withRows(_:)`` finds them.
///
/// A word is put between `<` and `>`, and every run of `minimumLength...maximumLength` of its characters (Unicode scalars)
/// is hashed into one of `bucketCount` rows that follow the rows of the words.
struct SubwordHashing: Sendable {
    let minimumLength: Int
    let maximumLength: Int
    let bucketCount: Int
    /// The row of the first bucket.
    let firstRow: Int
    private let buckets: Divisor
    /// The rows that survived pruning, by bucket; nil if the model was not pruned.
    private let survivors: SurvivingRows?

    /// Lends what finds the rows.
    @inline(__always)
    func withRows<Result>(_ body: (SubwordRows) -> Result) -> Result {
        guard let survivors else { return body(rows(survivors: nil)) }
        return survivors.withLookup { body(rows(survivors: $0)) }
    }

    private func rows(survivors: SurvivingRows.Lookup?) -> SubwordRows {
        SubwordRows(
            minimumLength: minimumLength, maximumLength: maximumLength, bucketCount: bucketCount, firstRow: firstRow, buckets: buckets,
            survivors: survivors)
    }
}

extension SubwordHashing {
    /// Reads the pruning index, if the model has one, from behind the dictionary.
    init(
        parameters: FastTextParameters, header: FastTextDictionary.Header, from reader: inout ModelFileReader
    ) throws(FastTextError) {
        minimumLength = parameters.minimumSubwordLength
        maximumLength = parameters.maximumSubwordLength
        bucketCount = parameters.bucketCount
        firstRow = header.wordCount
        buckets = Divisor(UInt32(max(1, bucketCount)))
        guard let prunedCount = header.prunedCount else {
            survivors = nil
            return
        }
        guard prunedCount <= reader.remaining / 8 else {
            throw reader.failure(
                .truncated, "\(prunedCount) pruned buckets cannot fit into the \(reader.remaining) bytes left; copy the model again",
                at: reader.offset)
        }
        survivors = try SurvivingRows(count: prunedCount, from: &reader)
    }

    /// The number of rows the input matrix must have, so that every row named here exists.
    func requiredRows(wordNGrams: Int) -> Int {
        if let survivors { return firstRow + (survivors.greatestRow.map { Int($0) + 1 } ?? 0) }
        return maximumLength > 0 || wordNGrams > 1 ? firstRow + bucketCount : firstRow
    }
}
