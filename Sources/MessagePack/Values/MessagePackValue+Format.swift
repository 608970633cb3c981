extension ByteScanner {
    /// Reads a value of any type; `depth` more levels of nesting are allowed out of `limit`.
    mutating func readValue(depth: Int, limit: Int) throws(MessagePackError) -> MessagePackValue {
        let start = offset
        let tag = try peekTag()
        switch MessagePackType(tag: tag) {
        case nil: throw .reserved(at: start)
        case .nil:
            offset += 1
            return .nil
        case .bool: return .bool(try readBool())
        case .integer, .float, .double:
            switch try readNumber(expected: "number") {
            case .signed(let number): return .int(number)
            case .unsigned(let number): return .uint(number)
            case .float(let number): return .float(number)
            case .double(let number): return .double(number)
            }
        case .string: return .string(try readString())
        case .binary: return .binary([UInt8](try readBinary()))
        case .extension:
            let (type, payload) = try readExtension()
            return .ext(type: type, bytes: [UInt8](payload))
        case .array:
            guard depth > 0 else { throw .depth(at: start, limit: limit) }
            let count = try readArrayHeader()
            var values: [MessagePackValue] = []
            values.reserveCapacity(modest(count))
            for _ in 0..<count {
                values.append(try readValue(depth: depth - 1, limit: limit))
            }
            return .array(values)
        case .map:
            guard depth > 0 else { throw .depth(at: start, limit: limit) }
            let count = try readMapHeader()
            var entries: [MessagePackValue.Entry] = []
            entries.reserveCapacity(modest(count))
            for _ in 0..<count {
                let key = try readValue(depth: depth - 1, limit: limit)
                entries.append(.init(key, try readValue(depth: depth - 1, limit: limit)))
            }
            return .map(entries)
        }
    }

    /// Nested headers may each claim all that is left of the input; reserving little for each keeps their sum small.
    private func modest(_ count: Int) -> Int {
        min(count, 256)
    }
}

extension ByteOutput where Self: ~Copyable {
    mutating func write(_ value: MessagePackValue) {
        switch value {
        case .nil: write(byte: Tag.nil)
        case .bool(let value): write(value)
        case .int(let value): write(integer: value)
        case .uint(let value): write(integer: value)
        case .float(let value): write(value)
        case .double(let value): write(value)
        case .string(let value): write(value)
        case .binary(let value): value.withUnsafeBytes { write(binary: $0) }
        case .ext(let type, let bytes): bytes.withUnsafeBytes { writeExtension(type: type, $0) }
        case .array(let values):
            writeArrayHeader(values.count)
            for value in values {
                write(value)
            }
        case .map(let entries):
            writeMapHeader(entries.count)
            for entry in entries {
                write(entry.key)
                write(entry.value)
            }
        }
    }
}
