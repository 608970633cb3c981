internal import CRabbitMQ

extension FieldTable {
    /// Copies a table out of the library's memory.
    init(_ table: amqp_table_t) {
        self.init(table, depth: 1)
    }

    fileprivate init(_ table: amqp_table_t, depth: Int) {
        let entries = UnsafeBufferPointer(start: table.entries, count: Int(table.num_entries))
        self.init(entries: entries.map { Entry(name: String($0.key), value: FieldValue($0.value, depth: depth)) })
    }
}

extension FieldValue {
    fileprivate init(_ field: amqp_field_value_t, depth: Int) {
        guard depth <= Self.maximumDepth else {
            self = .void
            return
        }
        let value = field.value
        self =
            switch amqp_field_value_kind_t(UInt32(field.kind)) {
            case AMQP_FIELD_KIND_BOOLEAN: .boolean(value.boolean != 0)
            case AMQP_FIELD_KIND_I8: .int8(value.i8)
            case AMQP_FIELD_KIND_U8: .uint8(value.u8)
            case AMQP_FIELD_KIND_I16: .int16(value.i16)
            case AMQP_FIELD_KIND_U16: .uint16(value.u16)
            case AMQP_FIELD_KIND_I32: .int32(value.i32)
            case AMQP_FIELD_KIND_U32: .uint32(value.u32)
            case AMQP_FIELD_KIND_I64: .int64(value.i64)
            // Not a type that RabbitMQ sends; other peers mean an unsigned number by it.
            case AMQP_FIELD_KIND_U64: .int64(Int64(bitPattern: value.u64))
            case AMQP_FIELD_KIND_F32: .float(value.f32)
            case AMQP_FIELD_KIND_F64: .double(value.f64)
            case AMQP_FIELD_KIND_DECIMAL: .decimal(scale: value.decimal.decimals, value: value.decimal.value)
            case AMQP_FIELD_KIND_UTF8: Self.text(value.bytes)
            case AMQP_FIELD_KIND_BYTES: .bytes([UInt8](UnsafeRawBufferPointer(value.bytes)))
            case AMQP_FIELD_KIND_TIMESTAMP: .timestamp(value.u64)
            case AMQP_FIELD_KIND_ARRAY:
                .array(
                    UnsafeBufferPointer(start: value.array.entries, count: Int(value.array.num_entries))
                        .map { FieldValue($0, depth: depth + 1) })
            case AMQP_FIELD_KIND_TABLE: .table(FieldTable(value.table, depth: depth + 1))
            default: .void
            }
    }

    private static func text(_ bytes: amqp_bytes_t) -> FieldValue {
        let raw = UnsafeRawBufferPointer(bytes)
        return String(validating: raw.bindMemory(to: UInt8.self), as: UTF8.self).map { .string($0) } ?? .bytes([UInt8](raw))
    }
}

extension String {
    /// Copies a text out of the library's memory; what is not UTF-8 is replaced.
    init(_ bytes: amqp_bytes_t) {
        self.init(decoding: UnsafeRawBufferPointer(bytes), as: UTF8.self)
    }
}

extension UnsafeRawBufferPointer {
    /// The library's memory, valid until its buffers are released.
    init(_ bytes: amqp_bytes_t) {
        self.init(start: bytes.bytes, count: bytes.len)
    }
}
