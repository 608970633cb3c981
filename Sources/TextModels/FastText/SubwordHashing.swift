/// Which rows of the input matrix belong to the parts of a word.
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

    /// Calls `body` with the row of each sub-word, in fastText's order; never for `</s>`, which has none.
    @inline(__always)
    func forEachRow(ofWord word: UnsafeRawBufferPointer, _ body: (Int) -> Void) {
        guard maximumLength > 0, bucketCount > 0, !word.isLineEnd else { return }
        let count = word.count + 2
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { bracketed in
            bracketed[0] = UInt8(ascii: "<")
            UnsafeMutableRawBufferPointer(rebasing: bracketed[1...]).copyMemory(from: word)
            bracketed[count - 1] = UInt8(ascii: ">")
            forEachHash(in: UnsafeRawBufferPointer(bracketed)) { hash in
                if let row = row(ofBucket: buckets.remainder(of: hash)) { body(row) }
            }
        }
    }

    /// Calls `body` with the row of each run of two to `longest` words, in fastText's order.
    func forEachRow(ofWordHashes hashes: [UInt32], longest: Int, _ body: (Int) -> Void) {
        guard longest > 1, bucketCount > 0 else { return }
        let signExtended = { (hash: UInt32) in UInt64(bitPattern: Int64(Int32(bitPattern: hash))) }
        for first in hashes.indices {
            var hash = signExtended(hashes[first])
            for last in (first + 1)..<max(first + 1, min(hashes.count, first + min(longest, hashes.count))) {
                hash = hash &* 116_049_371 &+ signExtended(hashes[last])
                if let row = row(ofBucket: UInt32(truncatingIfNeeded: hash % UInt64(bucketCount))) { body(row) }
            }
        }
    }

    @inline(__always)
    private func row(ofBucket bucket: UInt32) -> Int? {
        guard let survivors else { return firstRow + Int(bucket) }
        return survivors.row(ofBucket: bucket).map { firstRow + Int($0) }
    }

    @inline(__always)
    private func forEachHash(in word: UnsafeRawBufferPointer, _ body: (UInt32) -> Void) {
        let continues = { (index: Int) in word[index] & 0xC0 == 0x80 }
        for start in word.indices where !continues(start) {
            var hash = FowlerNollVo()
            var end = start
            var length = 0
            while end < word.count, length < maximumLength {
                repeat {
                    hash.combine(word[end])
                    end += 1
                } while end < word.count && continues(end)
                length += 1
                let isBracket = length == 1 && (start == 0 || end == word.count)
                if length >= minimumLength, !isBracket { body(hash.value) }
            }
        }
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
