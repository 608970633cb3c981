extension DecodingState {
    /// Begins to read the map at `offset` by key, or continues if that has begun for the same value.
    func openTable(at offset: Int, depth: Int) throws(MessagePackError) -> KeyTable.Reference {
        if tables.count > firstTable, tables[firstTable].start == offset {
            return KeyTable.Reference(index: Int32(firstTable), serial: tables[firstTable].serial)
        }
        guard depth < limits.maximumDepth else { throw .depth(at: offset, limit: limits.maximumDepth) }
        var scanner = scanner(at: offset)
        let count = try scanner.readMapHeader()
        let serial = nextSerial
        nextSerial &+= 1
        var table = KeyTable(start: offset, firstKeyOffset: scanner.offset, count: count, serial: serial)
        if count > KeyTable.largestScanned {
            table.index = indexes.count
            indexes.append(KeyIndex())
        }
        tables.append(table)
        return KeyTable.Reference(index: Int32(tables.count - 1), serial: serial)
    }

    /// The number of the table, unless it is gone because its value has been decoded.
    @inline(__always)
    private func table(_ reference: KeyTable.Reference) -> Int? {
        let index = Int(reference.index)
        guard index < tables.count, tables[index].serial == reference.serial else { return nil }
        return index
    }

    /// Where the value of the key is; nil if the map has no such key.
    @inline(__always)
    func find<Key: CodingKey>(_ key: Key, in reference: KeyTable.Reference) throws(MessagePackError) -> Int? {
        guard let table = table(reference) else { return nil }
        let name = key.stringValue
        return try name.utf8.span.withUnsafeBytes { bytes throws(MessagePackError) in
            try find(bytes, table) { key.intValue }
        }
    }

    private func find(_ name: UnsafeRawBufferPointer, _ table: Int, _ integer: () -> Int?) throws(MessagePackError) -> Int? {
        // The next entry, as long as keys are asked for in the order of the input; then the same again.
        let cursor = tables[table].cursor
        var candidate = cursor < 0 ? tables[table].head : entries[cursor].next
        if candidate < 0 { candidate = try discover(table) }
        if candidate >= 0, matches(entries[candidate], name, integer) { return found(candidate, table) }
        if cursor >= 0, matches(entries[cursor], name, integer) { return found(cursor, table) }
        return try findElsewhere(name, table, integer)
    }

    private func findElsewhere(
        _ name: UnsafeRawBufferPointer, _ table: Int, _ integer: () -> Int?
    ) throws(MessagePackError) -> Int? {
        if tables[table].index >= 0 {
            let index = indexes[tables[table].index]
            if let entry = index.find(hash: KeyIndex.hash(name), { matches(entries[$0], name, { nil }) }) {
                return found(entry, table)
            }
            if let key = integer(), let entry = index.find(hash: KeyIndex.hash(key), { entries[$0].isInteger && entries[$0].key == key }) {
                return found(entry, table)
            }
        } else {
            var entry = tables[table].head
            while entry >= 0 {
                if matches(entries[entry], name, integer) { return found(entry, table) }
                entry = entries[entry].next
            }
        }
        while true {
            let entry = try discover(table)
            if entry < 0 { return nil }
            if matches(entries[entry], name, integer) { return found(entry, table) }
        }
    }

    @inline(__always)
    private func found(_ entry: Int, _ table: Int) -> Int {
        tables.update(table) { $0.cursor = entry }
        return entries[entry].valueOffset
    }

    @inline(__always)
    private func matches(_ entry: KeyEntry, _ name: UnsafeRawBufferPointer, _ integer: () -> Int?) -> Bool {
        if entry.keyByteCount == name.count { return sameBytes(bytes(at: entry.key, count: name.count), name) }
        return entry.isInteger && entry.key == integer()
    }

    private func equal(_ left: KeyEntry, _ right: KeyEntry) -> Bool {
        guard left.keyByteCount == right.keyByteCount else { return false }
        if left.isInteger { return left.key == right.key }
        return sameBytes(bytes(at: left.key, count: left.keyByteCount), bytes(at: right.key, count: right.keyByteCount))
    }

    /// Makes the next entry known and returns its number; negative after the last.
    @inline(__always)
    private func discover(_ table: Int) throws(MessagePackError) -> Int {
        guard tables[table].discovered < tables[table].count else { return -1 }
        return try discoverNext(table)
    }

    private func discoverNext(_ table: Int) throws(MessagePackError) -> Int {
        let tail = tables[table].tail
        let offset = tail < 0 ? tables[table].firstKeyOffset : try end(ofValueAt: entries[tail].valueOffset)
        let entry = try readKey(at: offset, isHashed: tables[table].index >= 0)
        let number = entries.count
        if tables[table].index >= 0 {
            let index = indexes[tables[table].index]
            guard index.find(hash: entry.fingerprint, { equal(entries[$0], entry) }) == nil else { throw .duplicateKey(at: offset) }
            index.insert(hash: entry.fingerprint, entry: number)
        } else if tables[table].seen & entry.bit != 0 {
            try checkNew(entry, offset, table)
        }
        if table < firstTable { keepsEntries = true }

        entries.append(entry)
        if tail >= 0 { entries.update(tail) { $0.next = number } }
        tables.update(table) {
            $0.seen |= entry.bit
            if tail < 0 { $0.head = number }
            $0.tail = number
            $0.discovered += 1
        }
        return number
    }

    /// Reads the key at `offset`; the fingerprint is a hash for an index or, faster, a mixture of some of its bytes.
    @inline(__always)
    private func readKey(at offset: Int, isHashed: Bool) throws(MessagePackError) -> KeyEntry {
        var scanner = scanner(at: offset)
        if let name = try scanner.readStringBytes() {
            return KeyEntry(
                key: scanner.offset - name.count, keyByteCount: name.count,
                fingerprint: isHashed ? KeyIndex.hash(name) : KeyEntry.fingerprint(name), valueOffset: scanner.offset)
        }
        let integer = try scanner.readIntegerKey()
        return KeyEntry(
            key: integer, keyByteCount: KeyEntry.integer,
            fingerprint: isHashed ? KeyIndex.hash(integer) : UInt64(bitPattern: Int64(integer)), valueOffset: scanner.offset)
    }

    /// Throws if the table has an entry with the same key. Two readers might choose different ones, which is how checks are evaded.
    @inline(never)
    private func checkNew(_ entry: KeyEntry, _ offset: Int, _ table: Int) throws(MessagePackError) {
        var other = tables[table].head
        while other >= 0 {
            guard entries[other].fingerprint != entry.fingerprint || !equal(entries[other], entry) else { throw .duplicateKey(at: offset) }
            other = entries[other].next
        }
    }

    /// All keys of the map, in the order of the input.
    func keys<Key: CodingKey>(_ type: Key.Type, in reference: KeyTable.Reference) throws(MessagePackError) -> [Key] {
        guard let table = table(reference) else { return [] }
        while try discover(table) >= 0 {}
        var keys: [Key] = []
        var entry = tables[table].head
        while entry >= 0 {
            let (offset, byteCount) = (entries[entry].key, entries[entry].keyByteCount)
            if entries[entry].isInteger {
                if let key = Key(intValue: entries[entry].key) { keys.append(key) }
            } else if let name = String(validUTF8: bytes(at: offset, count: byteCount)) {
                if let key = Key(stringValue: name) { keys.append(key) }
            } else {
                throw MessagePackError(.invalidUTF8, "the key is not valid UTF-8", byteOffset: offset)
            }
            entry = entries[entry].next
        }
        return keys
    }

    /// Discovers what is left of the tables opened since `mark`, so that duplicate keys are found and the end of the value is known.
    @inline(__always)
    func completeTables(from mark: Int) throws(MessagePackError) {
        var table = tables.count - 1
        while table >= mark {
            while try discover(table) >= 0 {}
            let tail = tables[table].tail
            let end = tail < 0 ? tables[table].firstKeyOffset : try end(ofValueAt: entries[tail].valueOffset)
            note(valueAt: tables[table].start, endsAt: end)
            table -= 1
        }
    }
}

/// Compares bytes, eight at a time and the last eight together with some that have been compared, without a call for a short key.
@inline(__always)
private func sameBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    let count = left.count
    guard count == right.count else { return false }
    if count >= 8 {
        var place = 0
        while place < count - 8 {
            guard word(left, place, UInt64.self) == word(right, place, UInt64.self) else { return false }
            place += 8
        }
        return word(left, count - 8, UInt64.self) == word(right, count - 8, UInt64.self)
    }
    if count >= 4 {
        return word(left, 0, UInt32.self) == word(right, 0, UInt32.self)
            && word(left, count - 4, UInt32.self) == word(right, count - 4, UInt32.self)
    }
    for place in 0..<count where left[place] != right[place] {
        return false
    }
    return true
}

@inline(__always)
private func word<Word: BitwiseCopyable>(_ bytes: UnsafeRawBufferPointer, _ offset: Int, _ type: Word.Type) -> Word {
    bytes.loadUnaligned(fromByteOffset: offset, as: type)
}

extension KeyIndex {
    static func hash(_ integer: Int) -> UInt64 {
        withUnsafeBytes(of: integer) { hash($0) }
    }
}
