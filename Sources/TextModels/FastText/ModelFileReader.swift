/// Reads little-endian values from the bytes of a model file, front to back, and refuses to pass its end.
///
/// Valid only inside the `withUnsafeBytes` call that lent the bytes.
struct ModelFileReader {
    private let bytes: UnsafeRawBufferPointer
    private let path: String
    /// Bytes read so far: the place of the next value.
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer, path: String) {
        self.bytes = bytes
        self.path = path
    }

    /// Bytes left.
    var remaining: Int { bytes.count - offset }

    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ what: StaticString, as type: Value.Type = Value.self
    ) throws(FastTextError) -> Value {
        let start = offset
        try skip(MemoryLayout<Value>.size, what)
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Value.self))
    }

    /// A 32-bit count or size, which a sound file never has negative.
    mutating func count(_ what: StaticString) throws(FastTextError) -> Int {
        let start = offset
        let value = try integer(what, as: Int32.self)
        guard value >= 0 else { throw corrupt("\(what) is \(value)", at: start) }
        return Int(value)
    }

    /// A 64-bit count or size, which a sound file never has negative.
    mutating func longCount(_ what: StaticString) throws(FastTextError) -> Int {
        let start = offset
        let value = try integer(what, as: Int64.self)
        guard value >= 0 else { throw corrupt("\(what) is \(value)", at: start) }
        return Int(value)
    }

    mutating func flag(_ what: StaticString) throws(FastTextError) -> Bool {
        let start = offset
        let value = try integer(what, as: UInt8.self)
        guard value <= 1 else { throw corrupt("\(what) is \(value) where 0 or 1 must stand", at: start) }
        return value == 1
    }

    /// Passes over `count` bytes and returns where they start.
    @discardableResult
    mutating func skip(_ count: Int, _ what: StaticString) throws(FastTextError) -> Int {
        guard count <= remaining else {
            throw FastTextError(
                .truncated, "\(what) needs \(count) bytes and \(remaining) are left; copy the model again, the file is incomplete",
                path: path, offset: offset)
        }
        defer { offset += count }
        return offset
    }

    /// Passes over `rows` x `columns` elements of `width` bytes and returns where they start.
    mutating func skip(rows: Int, columns: Int, width: Int, _ what: StaticString) throws(FastTextError) -> Int {
        let (elements, elementsOverflow) = rows.multipliedReportingOverflow(by: columns)
        let (size, sizeOverflow) = elements.multipliedReportingOverflow(by: width)
        guard !elementsOverflow, !sizeOverflow else {
            throw corrupt("\(what) of \(rows) x \(columns) exceeds the address space", at: offset)
        }
        return try skip(size, what)
    }

    func corrupt(_ finding: String, at offset: Int? = nil) -> FastTextError {
        FastTextError(
            .corrupt, "\(finding); the file is damaged or was not written by fastText, train or copy it again", path: path,
            offset: offset ?? self.offset)
    }

    func failure(_ code: FastTextError.Code, _ message: String, at offset: Int) -> FastTextError {
        FastTextError(code, message, path: path, offset: offset)
    }
}
