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
        tables.append(KeyTable(start: offset, firstKeyOffset: scanner.offset, count: count, serial: serial))
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
        var name = key.stringValue
        let result = name.withUTF8 { utf8 in
            Result<Int?, MessagePackError> { () throws(MessagePackError) in
                try find(UnsafeRawBufferPointer(utf8), table) { key.intValue }
            }
        }
        return try result.get()
    }

    private func find(_ name: UnsafeRawBufferPointer, _ table: Int, _ integer: () -> Int?) throws(MessagePackError) -> Int? {
        // The next entry, as long as keys are asked for in the order of the input; then the same again.
        let cursor = tables[table].cursor
        var candidate = cursor < 0 ? tables[table].head : entries[cursor].next
        if candidate < 0 { candidate = try discover(table) }
        if candidate >= 0, matches(candidate, name, integer) { return found(candidate, table) }
        if cursor >= 0, matches(cursor, name, integer) { return found(cursor, table) }

        if let index = tables[table].index {
            if let entry = index.find(hash: KeyIndex.hash(name), { matches($0, name, { nil }) }) { return found(entry, table) }
            if let integer = integer(), let entry = index.find(hash: KeyIndex.hash(integer), { matches($0, integer) }) {
                return found(entry, table)
            }
        } else {
            var entry = tables[table].head
            while entry >= 0 {
                if matches(entry, name, integer) { return found(entry, table) }
                entry = entries[entry].next
            }
        }
        while true {
            let entry = try discover(table)
            if entry < 0 { return nil }
            if matches(entry, name, integer) { return found(entry, table) }
        }
    }

    @inline(__always)
    private func found(_ entry: Int, _ table: Int) -> Int {
        tables[table].cursor = entry
        return entries[entry].valueOffset
    }

    @inline(__always)
    private func matches(_ entry: Int, _ name: UnsafeRawBufferPointer, _ integer: () -> Int?) -> Bool {
        switch entries[entry].key {
        case .string(let offset, let byteCount):
            byteCount == name.count && sameBytes(bytes(at: offset, count: byteCount), name)
        case .integer(let key): key == integer()
        }
    }

    private func matches(_ entry: Int, _ integer: Int) -> Bool {
        guard case .integer(integer) = entries[entry].key else { return false }
        return true
    }

    /// Makes the next entry known and returns its number; negative after the last.
    private func discover(_ table: Int) throws(MessagePackError) -> Int {
        let (discovered, tail) = (tables[table].discovered, tables[table].tail)
        guard discovered < tables[table].count else { return -1 }
        let offset = discovered == 0 ? tables[table].firstKeyOffset : try end(ofValueAt: entries[tail].valueOffset)
        var scanner = scanner(at: offset)
        let entry: KeyEntry
        if let name = try scanner.readStringBytes() {
            let key = KeyEntry.Key.string(offset: scanner.offset - name.count, byteCount: name.count)
            let fingerprint = tables[table].index == nil ? KeyEntry.fingerprint(name) : KeyIndex.hash(name)
            entry = KeyEntry(key: key, fingerprint: fingerprint, valueOffset: scanner.offset)
        } else {
            let integer = try readIntegerKey(&scanner)
            let fingerprint = tables[table].index == nil ? UInt64(bitPattern: Int64(integer)) : KeyIndex.hash(integer)
            entry = KeyEntry(key: .integer(integer), fingerprint: fingerprint, valueOffset: scanner.offset)
        }
        try checkNew(entry, offset, table)
        if table < firstTable { keepsEntries = true }

        let number = entries.count
        entries.append(entry)
        if tail < 0 {
            tables[table].head = number
        } else {
            entries[tail].next = number
        }
        tables[table].tail = number
        tables[table].discovered = discovered + 1
        tables[table].index?.insert(hash: entry.fingerprint, entry: number)
        return number
    }

    private func readIntegerKey(_ scanner: inout ByteScanner) throws(MessagePackError) -> Int {
        let start = scanner.offset
        let type = MessagePackType(tag: try scanner.peekTag())
        guard type == .integer, case .signed(let key) = try scanner.readNumber(expected: "key") else {
            throw MessagePackError(.invalidKey, "a map has a key that is neither a string nor a signed integer", byteOffset: start)
        }
        return Int(key)
    }

    /// Throws if the table has an entry with the same key. Two readers might choose different ones, which is how checks are evaded.
    @inline(__always)
    private func checkNew(_ entry: KeyEntry, _ offset: Int, _ table: Int) throws(MessagePackError) {
        if let index = tables[table].index {
            guard index.find(hash: entry.fingerprint, { equal(entries[$0], entry) }) == nil else { throw duplicate(at: offset) }
        } else if tables[table].seen & entry.bit == 0 {
            tables[table].seen |= entry.bit
        } else {
            var other = tables[table].head
            while other >= 0 {
                guard entries[other].fingerprint != entry.fingerprint || !equal(entries[other], entry) else { throw duplicate(at: offset) }
                other = entries[other].next
            }
        }
    }

    private func duplicate(at offset: Int) -> MessagePackError {
        MessagePackError(.duplicateKey, "a map has the same key twice", byteOffset: offset)
    }

    private func equal(_ left: KeyEntry, _ right: KeyEntry) -> Bool {
        switch (left.key, right.key) {
        case (.string(let leftOffset, let leftCount), .string(let rightOffset, let rightCount)):
            leftCount == rightCount && sameBytes(bytes(at: leftOffset, count: leftCount), bytes(at: rightOffset, count: rightCount))
        case (.integer(let left), .integer(let right)): left == right
        default: false
        }
    }

    /// All keys of the map, in the order of the input.
    func keys<Key: CodingKey>(_ type: Key.Type, in reference: KeyTable.Reference) throws(MessagePackError) -> [Key] {
        guard let table = table(reference) else { return [] }
        while try discover(table) >= 0 {}
        var keys: [Key] = []
        var entry = tables[table].head
        while entry >= 0 {
            switch entries[entry].key {
            case .string(let offset, let byteCount):
                guard let name = String(validUTF8: bytes(at: offset, count: byteCount)) else {
                    throw MessagePackError(.invalidUTF8, "the key is not valid UTF-8", byteOffset: offset)
                }
                if let key = Key(stringValue: name) { keys.append(key) }
            case .integer(let integer):
                if let key = Key(intValue: integer) { keys.append(key) }
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

@inline(__always)
private func sameBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    let count = min(left.count, right.count)
    while index + 8 <= count {
        guard left.loadUnaligned(fromByteOffset: index, as: UInt64.self) == right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        else { return false }
        index += 8
    }
    while index < count {
        guard left[index] == right[index] else { return false }
        index += 1
    }
    return left.count == right.count
}

extension KeyIndex {
    static func hash(_ integer: Int) -> UInt64 {
        withUnsafeBytes(of: integer) { hash($0) }
    }
}
