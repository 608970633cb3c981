/// The rows that pruning left, by bucket: a hash table with open addressing, since a text asks it hundreds of times.
struct SurvivingRows: Sendable {
    fileprivate static let vacant: Int32 = -1

    /// The highest row; nil if none survived.
    private(set) var greatestRow: Int32?
    /// Bucket and row, the bucket ``vacant`` where there is none. At least half of them are.
    private var slots: [SIMD2<Int32>]
    private let shift: UInt32

    /// - Parameter count: As many pairs as the reader has bytes for.
    init(count: Int, from reader: inout ModelFileReader) throws(FastTextError) {
        var bits: UInt32 = 4
        while 1 << bits < 2 * count { bits += 1 }
        shift = 32 - min(bits, 32)
        slots = [SIMD2<Int32>](repeating: SIMD2(repeating: Self.vacant), count: 1 << bits)
        for _ in 0..<count {
            let bucket = Int32(truncatingIfNeeded: try reader.count("a pruned bucket"))
            let row = Int32(truncatingIfNeeded: try reader.count("a surviving row"))
            // Of equal buckets the last one counts, as in fastText.
            slots[withLookup { $0.slot(of: bucket) }] = SIMD2(bucket, row)
            greatestRow = max(row, greatestRow ?? row)
        }
    }

    /// Lends the table for look-ups.
    @inline(__always)
    func withLookup<Result>(_ body: (Lookup) -> Result) -> Result {
        slots.withUnsafeBufferPointer { body(Lookup(slots: $0, shift: shift)) }
    }
}

extension SurvivingRows {
    /// The table, without a reference to count. Valid only inside the call that lent it.
    struct Lookup: BitwiseCopyable {
        fileprivate let slots: UnsafeBufferPointer<SIMD2<Int32>>
        fileprivate let shift: UInt32

        /// The row of a bucket, counted from the first bucket's; nil if it was pruned.
        @inline(__always)
        func row(ofBucket bucket: UInt32) -> Int32? {
            let bucket = Int32(bitPattern: bucket)
            let found = slots[slot(of: bucket)]
            return found.x == bucket ? found.y : nil
        }

        /// The slot that holds a bucket, or the vacant one where it belongs.
        @inline(__always)
        fileprivate func slot(of bucket: Int32) -> Int {
            var slot = Int((UInt32(bitPattern: bucket) &* 0x9E37_79B1) >> shift)
            while slots[slot].x != SurvivingRows.vacant, slots[slot].x != bucket { slot = (slot + 1) & (slots.count - 1) }
            return slot
        }
    }
}
