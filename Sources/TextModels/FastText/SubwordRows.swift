/// Finds the rows of the parts of words and of runs of words, by the rules of ``SubwordHashing``.
///
/// Counts no references, since a text asks for hundreds of rows and threads would take turns to count. Valid only inside the call that
/// lent it.
struct SubwordRows: BitwiseCopyable {
    let minimumLength: Int
    let maximumLength: Int
    let bucketCount: Int
    let firstRow: Int
    let buckets: Divisor
    let survivors: SurvivingRows.Lookup?

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
