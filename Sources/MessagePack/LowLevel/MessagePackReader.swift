/// Reads MessagePack values one after another, for those who split, route or inspect messages without decoding them.
///
/// A read that throws leaves the reader where it was. Every length is checked against the input, nothing recurses, and nothing larger
/// than the input is allocated, so that hostile bytes end in an error.
///
/// ```swift
/// var reader = MessagePackReader(body)
/// let items = try reader.readRawValues()            // the elements of an array, still encoded
/// ```
public struct MessagePackReader: Sendable {
    private let bytes: ArraySlice<UInt8>
    /// How many bytes have been read.
    public private(set) var byteOffset = 0

    /// Creates a reader of `bytes`.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes[...]
    }

    /// Creates a reader of `bytes`; offsets count from the first byte of the slice.
    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// True when all bytes have been read.
    public var isAtEnd: Bool { byteOffset == bytes.count }

    /// Runs `body` on the memory and moves to where it came, unless it throws.
    @inline(__always)
    private mutating func scan<Result>(
        _ body: (inout ByteScanner) throws(MessagePackError) -> Result
    ) throws(MessagePackError) -> Result {
        let start = byteOffset
        let (result, end) = try bytes.withUnsafeBufferPointer { buffer throws(MessagePackError) in
            guard let base = UnsafeRawPointer(buffer.baseAddress) else { throw .truncated(at: start, needs: 1, has: 0) }
            var scanner = ByteScanner(base: base, end: buffer.count, offset: start)
            return (try body(&scanner), scanner.offset)
        }
        byteOffset = end
        return result
    }

    /// The type of the next value, which is not read.
    public func peekType() throws(MessagePackError) -> MessagePackType {
        guard !isAtEnd else { throw .truncated(at: byteOffset, needs: 1, has: 0) }
        guard let type = MessagePackType(tag: bytes[bytes.startIndex + byteOffset]) else { throw .reserved(at: byteOffset) }
        return type
    }

    /// Reads nil.
    public mutating func readNil() throws(MessagePackError) {
        try scan { scanner throws(MessagePackError) in try scanner.readNil() }
    }

    /// Reads a boolean.
    public mutating func readBool() throws(MessagePackError) -> Bool {
        try scan { scanner throws(MessagePackError) in try scanner.readBool() }
    }

    /// Reads a number that `Int` represents exactly.
    public mutating func readInt() throws(MessagePackError) -> Int {
        try scan { scanner throws(MessagePackError) in try scanner.readInteger(as: Int.self) }
    }

    /// Reads a number that `UInt64` represents exactly.
    public mutating func readUInt64() throws(MessagePackError) -> UInt64 {
        try scan { scanner throws(MessagePackError) in try scanner.readInteger(as: UInt64.self) }
    }

    /// Reads a number as a 32-bit one, rounded to nearest.
    public mutating func readFloat() throws(MessagePackError) -> Float {
        try scan { scanner throws(MessagePackError) in try scanner.readFloat() }
    }

    /// Reads a number; an integer of more than 53 bits is rounded to nearest.
    public mutating func readDouble() throws(MessagePackError) -> Double {
        try scan { scanner throws(MessagePackError) in try scanner.readDouble() }
    }

    /// Reads a string.
    public mutating func readString() throws(MessagePackError) -> String {
        try scan { scanner throws(MessagePackError) in try scanner.readString() }
    }

    /// Reads a binary value. The slice shares the input's memory.
    public mutating func readBinary() throws(MessagePackError) -> ArraySlice<UInt8> {
        let count = try scan { scanner throws(MessagePackError) in try scanner.readBinary().count }
        return slice((byteOffset - count)..<byteOffset)
    }

    /// Reads an extension value. The payload shares the input's memory.
    public mutating func readExtension() throws(MessagePackError) -> (type: Int8, payload: ArraySlice<UInt8>) {
        let (type, count) = try scan { scanner throws(MessagePackError) in
            let (type, payload) = try scanner.readExtension()
            return (type, payload.count)
        }
        return (type, slice((byteOffset - count)..<byteOffset))
    }

    /// Begins to read an array: as many values follow as the result says.
    public mutating func readArrayHeader() throws(MessagePackError) -> Int {
        try scan { scanner throws(MessagePackError) in try scanner.readArrayHeader() }
    }

    /// Begins to read a map: as many pairs of a key and a value follow as the result says.
    public mutating func readMapHeader() throws(MessagePackError) -> Int {
        try scan { scanner throws(MessagePackError) in try scanner.readMapHeader() }
    }

    /// Passes the next value, whatever it is. No nesting is too deep.
    public mutating func skipValue() throws(MessagePackError) {
        try scan { scanner throws(MessagePackError) in try scanner.skipValue() }
    }

    /// Passes the next value and returns its encoded bytes, which share the input's memory.
    public mutating func readRawValue() throws(MessagePackError) -> ArraySlice<UInt8> {
        let start = byteOffset
        try skipValue()
        return slice(start..<byteOffset)
    }

    /// Reads the next value, whatever it is, in the one form that all encodings of it have.
    ///
    /// Integers, lengths and counts are in their shortest form, the pairs of a map in the order of their keys' bytes. A floating-point number
    /// stays as wide as it is, and is not the integer of the same value.
    ///
    /// - Parameter maximumDepth: How deeply arrays and maps may be nested.
    /// - Throws: ``MessagePackError``; also for a map that has a key twice.
    public mutating func readCanonicalValue(
        maximumDepth: Int = MessagePackLimits.default.maximumDepth
    ) throws(MessagePackError) -> [UInt8] {
        let count = bytes.count - byteOffset
        return try scan { scanner throws(MessagePackError) in
            var output: [UInt8] = []
            output.reserveCapacity(count)
            try scanner.readCanonicalValue(into: &output, depth: maximumDepth, limit: maximumDepth)
            return output
        }
    }

    /// Reads an array of any values as the encoded bytes of each, which share the input's memory.
    public mutating func readRawValues() throws(MessagePackError) -> [ArraySlice<UInt8>] {
        let (start, ends) = try scan { scanner throws(MessagePackError) in
            let count = try scanner.readArrayHeader()
            let start = scanner.offset
            var ends: [Int] = []
            ends.reserveCapacity(count)
            for _ in 0..<count {
                try scanner.skipValue()
                ends.append(scanner.offset)
            }
            return (start, ends)
        }
        var previous = start
        return ends.map { end in
            defer { previous = end }
            return slice(previous..<end)
        }
    }

    /// Throws unless all bytes have been read.
    public func finish() throws(MessagePackError) {
        guard isAtEnd else {
            throw MessagePackError(.trailingBytes, "\(bytes.count - byteOffset) bytes follow the last value", byteOffset: byteOffset)
        }
    }

    private func slice(_ range: Range<Int>) -> ArraySlice<UInt8> {
        bytes[(bytes.startIndex + range.lowerBound)..<(bytes.startIndex + range.upperBound)]
    }
}

extension MessagePackReader {
    /// Reads an array of numbers as 32-bit ones, rounded to nearest.
    public mutating func readFloats() throws(MessagePackError) -> [Float] {
        try scan { scanner throws(MessagePackError) in try scanner.readFloats() }
    }

    /// Reads an array of numbers; integers of more than 53 bits are rounded to nearest.
    public mutating func readDoubles() throws(MessagePackError) -> [Double] {
        try scan { scanner throws(MessagePackError) in try scanner.readDoubles() }
    }

    /// Reads an array of numbers that `Int` represents exactly.
    public mutating func readInts() throws(MessagePackError) -> [Int] {
        try scan { scanner throws(MessagePackError) in try scanner.readIntegers(as: Int.self) }
    }

    /// Reads an array of booleans.
    public mutating func readBools() throws(MessagePackError) -> [Bool] {
        try scan { scanner throws(MessagePackError) in try scanner.readBools() }
    }

    /// Reads an array of strings.
    public mutating func readStrings() throws(MessagePackError) -> [String] {
        try scan { scanner throws(MessagePackError) in try scanner.readStrings() }
    }
}
