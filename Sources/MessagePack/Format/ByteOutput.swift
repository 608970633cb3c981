/// Something that formats are appended to: the encoder's own buffer, or the array of a ``MessagePackWriter``.
protocol ByteOutput: ~Copyable {
    /// Appends what `initialize` stores at the address it is given, where there is room for `capacity` bytes; it returns how many it
    /// stored.
    mutating func append(capacity: Int, _ initialize: (UnsafeMutableRawPointer) -> Int)
}

extension [UInt8]: ByteOutput {
    @inline(__always)
    mutating func append(capacity: Int, _ initialize: (UnsafeMutableRawPointer) -> Int) {
        append(addingCapacity: capacity) { output in
            output.withUnsafeMutableBufferPointer { buffer, count in
                // An array gives no address while it has no storage, and then there is nothing to store either.
                guard let address = buffer.baseAddress else { return }
                count = initialize(UnsafeMutableRawPointer(address))
            }
        }
    }
}

extension ByteOutput where Self: ~Copyable {
    @inline(__always)
    mutating func write(byte: UInt8) {
        append(capacity: 1) { target in
            target.storeBytes(of: byte, as: UInt8.self)
            return 1
        }
    }

    @inline(__always)
    mutating func write(_ value: Bool) {
        write(byte: value ? Tag.true : Tag.false)
    }

    @inline(__always)
    mutating func write<Value: FixedWidthInteger>(integer value: Value) {
        append(capacity: FormatStore.numberCapacity) { FormatStore.integer(value, at: $0) }
    }

    @inline(__always)
    mutating func write(_ value: Float) {
        append(capacity: FormatStore.numberCapacity) { FormatStore.store(Tag.float32, value.bitPattern, at: $0) }
    }

    @inline(__always)
    mutating func write(_ value: Double) {
        append(capacity: FormatStore.numberCapacity) { FormatStore.store(Tag.float64, value.bitPattern, at: $0) }
    }

    @inline(__always)
    mutating func write(_ value: String) {
        let utf8 = value.utf8.span
        append(capacity: FormatStore.headerCapacity + utf8.count) { FormatStore.string(utf8, at: $0) }
    }

    mutating func write(binary bytes: UnsafeRawBufferPointer) {
        append(capacity: FormatStore.headerCapacity + bytes.count) { target in
            let header = FormatStore.binaryHeader(bytes.count, at: target)
            return header + copy(bytes, to: target + header)
        }
    }

    mutating func writeExtension(type: Int8, _ bytes: UnsafeRawBufferPointer) {
        append(capacity: FormatStore.headerCapacity + bytes.count) { target in
            let header = FormatStore.extensionHeader(type: type, bytes.count, at: target)
            return header + copy(bytes, to: target + header)
        }
    }

    mutating func write(raw bytes: UnsafeRawBufferPointer) {
        append(capacity: bytes.count) { copy(bytes, to: $0) }
    }

    @inline(__always)
    mutating func writeArrayHeader(_ count: Int) {
        append(capacity: FormatStore.headerCapacity) { FormatStore.arrayHeader(count, at: $0) }
    }

    @inline(__always)
    mutating func writeMapHeader(_ count: Int) {
        append(capacity: FormatStore.headerCapacity) { FormatStore.mapHeader(count, at: $0) }
    }
}

private func copy(_ bytes: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) -> Int {
    guard let source = bytes.baseAddress else { return 0 }
    target.copyMemory(from: source, byteCount: bytes.count)
    return bytes.count
}
