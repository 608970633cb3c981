/// A map being read by key: what is known of its entries so far.
///
/// Entries are discovered in the order of the input, no sooner than needed. Keys are usually asked for in the order they were encoded
/// in, and then each lookup looks at one entry.
struct KeyTable: BitwiseCopyable {
    /// Maps with more entries get a ``KeyIndex``; below, comparing is faster than hashing.
    static let largestScanned = 16

    /// Where the map begins.
    let start: Int
    /// Where its first key begins.
    let firstKeyOffset: Int
    /// How many entries its header announces.
    let count: Int
    let serial: UInt32
    /// How many of them have been discovered.
    var discovered = 0
    /// The first and the last discovered entry; negative while there is none.
    var head = -1
    var tail = -1
    /// The entry that was found last.
    var cursor = -1
    /// One bit for each discovered key, chosen by its fingerprint: a key whose bit is not set is new.
    var seen: UInt64 = 0
    /// The number of the table's index among those of the state; negative for a small map.
    var index = -1

    init(start: Int, firstKeyOffset: Int, count: Int, serial: UInt32) {
        self.start = start
        self.firstKeyOffset = firstKeyOffset
        self.count = count
        self.serial = serial
    }

    /// Names a table; the serial number tells it from a later one in the same place.
    struct Reference: BitwiseCopyable {
        var index: Int32
        var serial: UInt32
    }
}
