/// Stores single formats, always in the shortest form, at memory that has room for the longest.
///
/// Each function returns how many bytes it stored. The caller guarantees the room: 9 bytes for a number, 5 for the header of a string,
/// binary, array or map, 6 for that of an extension.
enum FormatStore {
    static let numberCapacity = 9
    static let headerCapacity = 6

    @inline(__always)
    static func store<Value: FixedWidthInteger>(_ tag: UInt8, _ value: Value, at target: UnsafeMutableRawPointer) -> Int {
        target.storeBytes(of: tag, as: UInt8.self)
        (target + 1).storeBytes(of: value.bigEndian, as: Value.self)
        return 1 + MemoryLayout<Value>.size
    }

    @inline(__always)
    static func integer<Value: FixedWidthInteger>(_ value: Value, at target: UnsafeMutableRawPointer) -> Int {
        if value >= 0 {
            return unsigned(UInt64(truncatingIfNeeded: value), at: target)
        }
        return negative(Int64(truncatingIfNeeded: value), at: target)
    }

    @inline(__always)
    private static func unsigned(_ value: UInt64, at target: UnsafeMutableRawPointer) -> Int {
        if value < 0x80 {
            target.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            return 1
        }
        if value <= 0xff { return store(Tag.unsigned8, UInt8(truncatingIfNeeded: value), at: target) }
        if value <= 0xffff { return store(Tag.unsigned16, UInt16(truncatingIfNeeded: value), at: target) }
        if value <= 0xffff_ffff { return store(Tag.unsigned32, UInt32(truncatingIfNeeded: value), at: target) }
        return store(Tag.unsigned64, value, at: target)
    }

    @inline(__always)
    private static func negative(_ value: Int64, at target: UnsafeMutableRawPointer) -> Int {
        if value >= -32 {
            target.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            return 1
        }
        if value >= -0x80 { return store(Tag.signed8, Int8(truncatingIfNeeded: value), at: target) }
        if value >= -0x8000 { return store(Tag.signed16, Int16(truncatingIfNeeded: value), at: target) }
        if value >= -0x8000_0000 { return store(Tag.signed32, Int32(truncatingIfNeeded: value), at: target) }
        return store(Tag.signed64, value, at: target)
    }

    /// How many bytes ``integer(_:at:)`` stores.
    @inline(__always)
    static func integerByteCount<Value: FixedWidthInteger>(_ value: Value) -> Int {
        if value >= 0 {
            let value = UInt64(truncatingIfNeeded: value)
            return 1 + (value >= 0x80 ? 1 : 0) + (value > 0xff ? 1 : 0) + (value > 0xffff ? 2 : 0) + (value > 0xffff_ffff ? 4 : 0)
        }
        let value = Int64(truncatingIfNeeded: value)
        return 1 + (value < -32 ? 1 : 0) + (value < -0x80 ? 1 : 0) + (value < -0x8000 ? 2 : 0) + (value < -0x8000_0000 ? 4 : 0)
    }

    @inline(__always)
    static func stringHeader(_ count: Int, at target: UnsafeMutableRawPointer) -> Int {
        if count < 32 {
            target.storeBytes(of: Tag.fixString | UInt8(truncatingIfNeeded: count), as: UInt8.self)
            return 1
        }
        if count <= 0xff { return store(Tag.string8, UInt8(truncatingIfNeeded: count), at: target) }
        return wideHeader(count, Tag.string16, Tag.string32, at: target)
    }

    /// Stores the header and the text, for which there must be room.
    @inline(__always)
    static func string(_ utf8: Span<UInt8>, at target: UnsafeMutableRawPointer) -> Int {
        let count = utf8.count
        let header = stringHeader(count, at: target)
        utf8.withUnsafeBytes { copy($0, to: target + header) }
        return header + count
    }

    /// Copies bytes; short pieces, which most strings are, without a call.
    @inline(__always)
    private static func copy(_ bytes: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) {
        guard let source = bytes.baseAddress else { return }
        let count = bytes.count
        if count > 16 {
            target.copyMemory(from: source, byteCount: count)
        } else if count >= 8 {
            // Two pieces that overlap.
            let last = source.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
            target.storeBytes(of: last, toByteOffset: count - 8, as: UInt64.self)
        } else if count >= 4 {
            let last = source.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            target.storeBytes(of: source.loadUnaligned(as: UInt32.self), as: UInt32.self)
            target.storeBytes(of: last, toByteOffset: count - 4, as: UInt32.self)
        } else {
            for index in 0..<count {
                target.storeBytes(of: source.load(fromByteOffset: index, as: UInt8.self), toByteOffset: index, as: UInt8.self)
            }
        }
    }

    @inline(__always)
    static func binaryHeader(_ count: Int, at target: UnsafeMutableRawPointer) -> Int {
        if count <= 0xff { return store(Tag.binary8, UInt8(truncatingIfNeeded: count), at: target) }
        return wideHeader(count, Tag.binary16, Tag.binary32, at: target)
    }

    @inline(__always)
    static func arrayHeader(_ count: Int, at target: UnsafeMutableRawPointer) -> Int {
        if count < 16 {
            target.storeBytes(of: Tag.fixArray | UInt8(truncatingIfNeeded: count), as: UInt8.self)
            return 1
        }
        return wideHeader(count, Tag.array16, Tag.array32, at: target)
    }

    @inline(__always)
    static func mapHeader(_ count: Int, at target: UnsafeMutableRawPointer) -> Int {
        if count < 16 {
            target.storeBytes(of: Tag.fixMap | UInt8(truncatingIfNeeded: count), as: UInt8.self)
            return 1
        }
        return wideHeader(count, Tag.map16, Tag.map32, at: target)
    }

    static func extensionHeader(type: Int8, _ count: Int, at target: UnsafeMutableRawPointer) -> Int {
        let length: Int
        switch count {
        case 1, 2, 4, 8, 16:
            target.storeBytes(of: Tag.fixExtension1 + UInt8(count.trailingZeroBitCount), as: UInt8.self)
            length = 1
        case 0...0xff:
            length = store(Tag.extension8, UInt8(truncatingIfNeeded: count), at: target)
        default:
            length = wideHeader(count, Tag.extension16, Tag.extension32, at: target)
        }
        (target + length).storeBytes(of: type, as: Int8.self)
        return length + 1
    }

    @inline(__always)
    private static func wideHeader(_ count: Int, _ tag16: UInt8, _ tag32: UInt8, at target: UnsafeMutableRawPointer) -> Int {
        if count <= 0xffff { return store(tag16, UInt16(truncatingIfNeeded: count), at: target) }
        // Callers refuse longer values with an error; a wrong length here would make the output unreadable without notice.
        precondition(count <= 0xffff_ffff, "MessagePack counts have at most 32 bits")
        return store(tag32, UInt32(truncatingIfNeeded: count), at: target)
    }
}
