internal import CRabbitMQ

/// Memory for the C values of one frame, all of it free again after ``reset()``.
///
/// It also adds up how many bytes the values take on the wire, so that what exceeds a frame is refused before anything is sent.
final class Arena {
    private static let blockSize = 16_384

    private let block: UnsafeMutableRawPointer
    private var used = 0
    private var extras: [UnsafeMutableRawPointer] = []
    private(set) var encodedSize = 0

    init() {
        block = .allocate(byteCount: Self.blockSize, alignment: 16)
    }

    deinit {
        reset()
        block.deallocate()
    }

    func reset() {
        for extra in extras { extra.deallocate() }
        extras.removeAll()
        used = 0
        encodedSize = 0
    }

    private func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let rounded = (count + 15) & ~15
        if rounded <= Self.blockSize - used {
            defer { used += rounded }
            return block + used
        }
        let extra = UnsafeMutableRawPointer.allocate(byteCount: rounded, alignment: 16)
        extras.append(extra)
        return extra
    }

    private func copy(_ bytes: UnsafeRawBufferPointer) -> amqp_bytes_t {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return amqp_bytes_t(len: 0, bytes: nil) }
        let copy = allocate(bytes.count)
        copy.copyMemory(from: base, byteCount: bytes.count)
        return amqp_bytes_t(len: bytes.count, bytes: copy)
    }

    private func text(_ string: String) -> amqp_bytes_t {
        var string = string
        return string.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
    }

    /// A text of at most 255 bytes.
    func shortText(_ string: String, _ what: StaticString) throws(RabbitMQError) -> amqp_bytes_t {
        let bytes = text(string)
        guard bytes.len <= 255 else { throw RabbitMQError(.invalidArgument, "the \(what) has \(bytes.len) bytes; AMQP allows 255") }
        encodedSize += 1 + bytes.len
        return bytes
    }

    func table(_ table: FieldTable) throws(RabbitMQError) -> amqp_table_t {
        try self.table(table, depth: 1)
    }

    private func table(_ table: FieldTable, depth: Int) throws(RabbitMQError) -> amqp_table_t {
        encodedSize += 4
        guard !table.isEmpty else { return amqp_table_t(num_entries: 0, entries: nil) }
        let raw = allocate(table.count * MemoryLayout<amqp_table_entry_t>.stride)
        let entries = raw.bindMemory(to: amqp_table_entry_t.self, capacity: table.count)
        for (index, entry) in table.entries.enumerated() {
            let name = text(entry.name)
            guard name.len <= FieldTable.nameMaximum else {
                throw RabbitMQError(
                    .invalidArgument, "the name of a table entry has \(name.len) bytes; AMQP allows \(FieldTable.nameMaximum)")
            }
            encodedSize += 1 + name.len
            (entries + index).initialize(to: amqp_table_entry_t(key: name, value: try value(entry.value, depth: depth)))
        }
        return amqp_table_t(num_entries: Int32(table.count), entries: entries)
    }

    private func array(_ values: [FieldValue], depth: Int) throws(RabbitMQError) -> amqp_array_t {
        encodedSize += 4
        guard !values.isEmpty else { return amqp_array_t(num_entries: 0, entries: nil) }
        let raw = allocate(values.count * MemoryLayout<amqp_field_value_t>.stride)
        let entries = raw.bindMemory(to: amqp_field_value_t.self, capacity: values.count)
        for (index, element) in values.enumerated() {
            (entries + index).initialize(to: try value(element, depth: depth))
        }
        return amqp_array_t(num_entries: Int32(values.count), entries: entries)
    }

    private func value(_ value: FieldValue, depth: Int) throws(RabbitMQError) -> amqp_field_value_t {
        guard depth <= FieldValue.maximumDepth else {
            throw RabbitMQError(.invalidArgument, "a table nests deeper than \(FieldValue.maximumDepth) levels")
        }
        var field = amqp_field_value_t()
        func set(_ kind: amqp_field_value_kind_t, _ size: Int) {
            field.kind = UInt8(kind.rawValue)
            encodedSize += 1 + size
        }
        switch value {
        case .boolean(let value):
            set(AMQP_FIELD_KIND_BOOLEAN, 1)
            field.value.boolean = value ? 1 : 0
        case .int8(let value):
            set(AMQP_FIELD_KIND_I8, 1)
            field.value.i8 = value
        case .uint8(let value):
            set(AMQP_FIELD_KIND_U8, 1)
            field.value.u8 = value
        case .int16(let value):
            set(AMQP_FIELD_KIND_I16, 2)
            field.value.i16 = value
        case .uint16(let value):
            set(AMQP_FIELD_KIND_U16, 2)
            field.value.u16 = value
        case .int32(let value):
            set(AMQP_FIELD_KIND_I32, 4)
            field.value.i32 = value
        case .uint32(let value):
            set(AMQP_FIELD_KIND_U32, 4)
            field.value.u32 = value
        case .int64(let value):
            set(AMQP_FIELD_KIND_I64, 8)
            field.value.i64 = value
        case .float(let value):
            set(AMQP_FIELD_KIND_F32, 4)
            field.value.f32 = value
        case .double(let value):
            set(AMQP_FIELD_KIND_F64, 8)
            field.value.f64 = value
        case .decimal(let scale, let value):
            set(AMQP_FIELD_KIND_DECIMAL, 5)
            field.value.decimal = amqp_decimal_t(decimals: scale, value: value)
        case .string(let value):
            field.value.bytes = text(value)
            set(AMQP_FIELD_KIND_UTF8, 4 + field.value.bytes.len)
        case .bytes(let value):
            field.value.bytes = value.withUnsafeBytes { copy($0) }
            set(AMQP_FIELD_KIND_BYTES, 4 + value.count)
        case .timestamp(let value):
            set(AMQP_FIELD_KIND_TIMESTAMP, 8)
            field.value.u64 = value
        case .array(let values):
            set(AMQP_FIELD_KIND_ARRAY, 0)
            field.value.array = try array(values, depth: depth + 1)
        case .table(let table):
            set(AMQP_FIELD_KIND_TABLE, 0)
            field.value.table = try self.table(table, depth: depth + 1)
        case .void:
            set(AMQP_FIELD_KIND_VOID, 0)
        }
        return field
    }
}
