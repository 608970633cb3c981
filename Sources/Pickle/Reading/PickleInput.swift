/// A cursor over the bytes of a pickle that never reads past their end.
///
/// Invariant: `buffer` outlives the cursor, which lives within the `with…` closure that supplied it, and
/// `0 <= offset <= buffer.count`.
struct PickleInput {
    private let buffer: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

    /// The number of bytes in all.
    var count: Int { self.buffer.count }

    /// The number of bytes not yet read.
    var remaining: Int { self.buffer.count - self.offset }

    mutating func byte() throws(PickleError) -> UInt8 {
        guard self.offset < self.buffer.count else { throw PickleError(.truncated, "the pickle ends without STOP") }
        defer { self.offset += 1 }
        return self.buffer[self.offset]
    }

    /// A fixed-width little-endian integer.
    mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type) throws(PickleError) -> Integer {
        Integer(littleEndian: try self.bytes(MemoryLayout<Integer>.size).loadUnaligned(as: Integer.self))
    }

    /// A length of `Integer`'s width and as many bytes.
    mutating func counted<Integer: FixedWidthInteger>(_: Integer.Type) throws(PickleError) -> UnsafeRawBufferPointer {
        let length = try self.integer(Integer.self)
        guard let count = Int(exactly: length), count >= 0 else {
            throw PickleError(Integer.isSigned ? .malformed : .truncated, "a length of \(length) bytes")
        }
        return try self.bytes(count)
    }

    mutating func bytes(_ count: Int) throws(PickleError) -> UnsafeRawBufferPointer {
        guard count <= self.remaining else {
            throw PickleError(.truncated, "\(count) bytes are announced, \(self.remaining) are left")
        }
        defer { self.offset += count }
        return UnsafeRawBufferPointer(rebasing: self.buffer[self.offset..<self.offset + count])
    }

    /// The bytes up to the next line feed, which is read but not returned.
    mutating func line() throws(PickleError) -> UnsafeRawBufferPointer {
        let rest = self.buffer[self.offset...]
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
            throw PickleError(.truncated, "a line without an end")
        }
        defer { self.offset = end + 1 }
        return UnsafeRawBufferPointer(rebasing: rest[..<end])
    }
}
