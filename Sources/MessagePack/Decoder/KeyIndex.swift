/// Finds the entries of a large map by the hash of their key.
///
/// The hashes come from `Hasher`, whose seed differs from process to process, so that nobody can prepare keys that collide.
final class KeyIndex {
    private struct Slot {
        var hash: UInt64 = 0
        /// The number of an entry; negative for a free slot.
        var entry = -1
    }

    private var slots = [Slot](repeating: Slot(), count: 64)
    private var count = 0

    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }

    /// The entry of this hash that `matches` accepts.
    func find(hash: UInt64, _ matches: (Int) -> Bool) -> Int? {
        var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[place].entry >= 0 {
            if slots[place].hash == hash, matches(slots[place].entry) { return slots[place].entry }
            place = (place + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Adds an entry that is not there yet.
    func insert(hash: UInt64, entry: Int) {
        if 2 * (count + 1) > slots.count { grow() }
        place(Slot(hash: hash, entry: entry))
        count += 1
    }

    private func place(_ slot: Slot) {
        var place = Int(truncatingIfNeeded: slot.hash) & (slots.count - 1)
        while slots[place].entry >= 0 {
            place = (place + 1) & (slots.count - 1)
        }
        slots[place] = slot
    }

    private func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 4)
        for slot in old where slot.entry >= 0 {
            place(slot)
        }
    }
}
