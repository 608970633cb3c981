#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The words and labels of a model, found by their bytes without a copy of any of them.
///
/// The bytes stay in the mapped file. Memory holds four bytes per entry for its place and six to twelve for an open-addressed
/// hash table of identifiers, so a model with a million words costs about 12 MB and loads in tens of milliseconds. What bits an
/// identifier leaves free hold bits of the hash, so that of the entries that are not meant hardly any is looked at.
///
/// Identifiers are as in the file: words first, then labels.
struct FastTextDictionary: Sendable {
    /// An entry takes at least the terminator of its text, a 64-bit count and a type.
    private static let smallestEntry = 1 + 8 + 1
    private static let vacant = UInt32.max
    /// As many slots as the processor's nearest cache holds.
    private static let regionBits: UInt32 = 13

    let wordCount: Int
    let labelCount: Int
    /// Where the entries start in the file.
    private let start: Int
    /// The place of each entry, relative to `start`.
    private var places: [UInt32]
    /// Identifiers by hash, open addressing with linear probing; the length is a power of two. The bits above those that identifiers
    /// need are the hash's.
    private var table: [UInt32]
    /// The bits of an identifier. At least one identifier with these bits is not given to an entry, so no entry's slot is ``vacant``.
    private let identifierMask: UInt32
    /// 32 minus the number of bits that index `table`.
    private let shift: UInt32

    var count: Int { wordCount + labelCount }

    init(header: Header, from reader: inout ModelFileReader, in bytes: UnsafeRawBufferPointer) throws(FastTextError) {
        wordCount = header.wordCount
        labelCount = header.labelCount
        start = reader.offset
        let count = header.wordCount + header.labelCount
        guard count <= reader.remaining / Self.smallestEntry else {
            throw reader.failure(
                .truncated, "a dictionary of \(count) entries cannot fit into the \(reader.remaining) bytes left; copy the model again",
                at: start)
        }
        var bits: UInt32 = 4
        while (1 << bits) * 2 < count * 3 { bits += 1 }
        shift = 32 - min(bits, 32)
        identifierMask = UInt32.max >> UInt32(UInt32(truncatingIfNeeded: count).leadingZeroBitCount)
        places = []
        places.reserveCapacity(count)
        table = [UInt32](repeating: Self.vacant, count: 1 << bits)
        var hashes: [UInt32] = []
        hashes.reserveCapacity(count)
        for identifier in 0..<count {
            hashes.append(try readEntry(identifier, from: &reader, in: bytes))
        }
        for entry in Self.byRegion(hashes, regionShift: shift + Self.regionBits) {
            let (hash, identifier) = (UInt32(truncatingIfNeeded: entry >> 32), UInt32(truncatingIfNeeded: entry))
            // Of equal entries the last one counts, as in fastText.
            let slot = slot(hash: hash) { self.entry($0, equals: text(at: Int(identifier), in: bytes), in: bytes) }
            table[slot] = (hash & ~identifierMask) | identifier
        }
    }

    /// The identifier of a word or label, by its exact bytes.
    func identifier(of text: UnsafeRawBufferPointer, hash: UInt32, in bytes: UnsafeRawBufferPointer) -> Int? {
        let found = table[slot(hash: hash) { entry($0, equals: text, in: bytes) }]
        // The terminator delimits entries, so no entry contains a zero byte; comparing one has run into the next field.
        return found == Self.vacant || text.contains(0) ? nil : Int(found & identifierMask)
    }

    /// The bytes of an entry, inside `bytes`.
    func text(at identifier: Int, in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let place = start + Int(places[identifier])
        let rest = UnsafeRawBufferPointer(rebasing: bytes[place...])
        return UnsafeRawBufferPointer(rebasing: rest.prefix { $0 != 0 })
    }

    /// How often an entry occurred in the training text.
    func frequency(at identifier: Int, in bytes: UnsafeRawBufferPointer) -> Int64 {
        let length = text(at: identifier, in: bytes).count
        let place = start + Int(places[identifier]) + length + 1
        return Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Int64.self))
    }

    /// Reads an entry's place, and returns its hash.
    private mutating func readEntry(
        _ identifier: Int, from reader: inout ModelFileReader, in bytes: UnsafeRawBufferPointer
    ) throws(FastTextError) -> UInt32 {
        let place = reader.offset
        var hash = FowlerNollVo()
        var end = place
        while end < bytes.count, bytes[end] != 0 {
            hash.combine(bytes[end])
            end += 1
        }
        // The terminator, a 64-bit count and the type.
        try reader.skip(end - place + Self.smallestEntry, "a dictionary entry")
        let isLabel = bytes[reader.offset - 1]
        guard isLabel == (identifier < wordCount ? 0 : 1) else {
            throw reader.corrupt(
                "entry \(identifier) of \(count) has type \(isLabel), words must precede labels", at: reader.offset - 1)
        }
        guard let relative = UInt32(exactly: place - start) else {
            throw reader.failure(.unsupportedVersion, "the dictionary exceeds 4 GiB; prune it with `fasttext quantize -cutoff`", at: place)
        }
        places.append(relative)
        return hash.value
    }

    /// Hashes, in the upper halves, and their identifiers, in the lower, by the region of the table that they belong to.
    ///
    /// A large table that is filled in the order of the file makes almost every entry wait for memory.
    private static func byRegion(_ hashes: [UInt32], regionShift: UInt32) -> [UInt64] {
        func region(_ hash: UInt32) -> Int { Int(spread(hash) >> regionShift) }
        var ends = [Int](repeating: 0, count: 1 << Int(32 - min(regionShift, 32)))
        for hash in hashes { ends[region(hash)] += 1 }
        var sum = 0
        for index in ends.indices {
            (ends[index], sum) = (sum, sum + ends[index])
        }
        return [UInt64](unsafeUninitializedCapacity: hashes.count) { sorted, count in
            for (identifier, hash) in hashes.enumerated() {
                let region = region(hash)
                sorted.initializeElement(at: ends[region], to: UInt64(hash) << 32 | UInt64(identifier))
                ends[region] += 1
            }
            count = hashes.count
        }
    }

    /// Spreads FNV's weak low bits over the high ones, which index the table.
    @inline(__always)
    private static func spread(_ hash: UInt32) -> UInt32 { hash &* 0x9E37_79B1 }

    /// The slot that holds the entry which is meant, or the vacant one where it belongs. A third of the slots is vacant, so the search ends.
    @inline(__always)
    private func slot(hash: UInt32, where isMeant: (UInt32) -> Bool) -> Int {
        var slot = Int(Self.spread(hash) >> shift)
        table.withUnsafeBufferPointer { table in
            while true {
                let found = table[slot]
                if found == Self.vacant { return }
                if (found ^ hash) & ~identifierMask == 0, isMeant(found & identifierMask) { return }
                slot = (slot + 1) & (table.count - 1)
            }
        }
        return slot
    }

    private func entry(_ identifier: UInt32, equals text: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Bool {
        let place = start + Int(places[Int(identifier)])
        guard place + text.count < bytes.count, bytes[place + text.count] == 0 else { return false }
        guard let known = bytes.baseAddress, let wanted = text.baseAddress else { return true }
        return memcmp(known + place, wanted, text.count) == 0
    }
}

extension FastTextDictionary {
    /// The numbers in front of the entries.
    struct Header {
        let wordCount: Int
        let labelCount: Int
        /// The number of surviving buckets of a pruned model; nil if the model was not pruned.
        let prunedCount: Int?

        init(from reader: inout ModelFileReader) throws(FastTextError) {
            let place = reader.offset
            let size = try reader.count("the size of the dictionary")
            wordCount = try reader.count("the number of words")
            labelCount = try reader.count("the number of labels")
            guard size == wordCount + labelCount else {
                throw reader.corrupt("\(size) entries are neither \(wordCount) words nor \(labelCount) labels", at: place)
            }
            _ = try reader.integer("the number of tokens", as: Int64.self)
            let prunedPlace = reader.offset
            let pruned = try reader.integer("the size of the pruning index", as: Int64.self)
            guard pruned >= -1 else { throw reader.corrupt("the size of the pruning index is \(pruned)", at: prunedPlace) }
            prunedCount = pruned == -1 ? nil : Int(pruned)
        }
    }
}
