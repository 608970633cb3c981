/// Appends MessagePack formats to an array of bytes, one call a value.
///
/// Integers, lengths and counts take the shortest form. The writer does not check the structure: whoever writes the header of an array
/// of three elements writes three values after it.
///
/// ```swift
/// var writer = MessagePackWriter()
/// writer.writeMapHeader(1)
/// writer.write("scores")
/// writer.write([0.25, 0.75])
/// send(writer.bytes)
/// ```
///
/// A length or count above 2³² − 1, which the format cannot express, is a programming error and stops the process.
public struct MessagePackWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8]

    /// Creates a writer that continues after `bytes`.
    public init(appendingTo bytes: consuming [UInt8] = []) {
        self.bytes = bytes
    }

    /// Makes room for `byteCount` more bytes, so that writing them does not reallocate.
    public mutating func reserve(_ byteCount: Int) {
        bytes.reserveCapacity(bytes.count + byteCount)
    }

    /// Appends nil.
    public mutating func writeNil() {
        bytes.write(byte: Tag.nil)
    }

    /// Appends a boolean.
    public mutating func write(_ value: Bool) {
        bytes.write(value)
    }

    /// Appends an integer in the shortest form.
    public mutating func write(_ value: Int) {
        bytes.write(integer: value)
    }

    /// Appends an integer in the shortest form.
    public mutating func write<Value: FixedWidthInteger & SignedInteger>(integer value: Value) {
        bytes.write(integer: Int64(value))
    }

    /// Appends an integer in the shortest form.
    public mutating func write<Value: FixedWidthInteger & UnsignedInteger>(integer value: Value) {
        bytes.write(integer: UInt64(value))
    }

    /// Appends a 32-bit floating-point number.
    public mutating func write(_ value: Float) {
        bytes.write(value)
    }

    /// Appends a 64-bit floating-point number.
    public mutating func write(_ value: Double) {
        bytes.write(value)
    }

    /// Appends a string.
    public mutating func write(_ value: String) {
        bytes.write(value)
    }

    /// Appends bytes as a binary value.
    public mutating func write(binary value: [UInt8]) {
        value.withUnsafeBytes { bytes.write(binary: $0) }
    }

    /// Appends bytes as a binary value.
    public mutating func write(binary value: ArraySlice<UInt8>) {
        value.withUnsafeBytes { bytes.write(binary: $0) }
    }

    /// Appends bytes as a binary value.
    public mutating func write(binary value: RawSpan) {
        value.withUnsafeBytes { bytes.write(binary: $0) }
    }

    /// Begins an array: `count` values are to follow.
    public mutating func writeArrayHeader(_ count: Int) {
        precondition(count >= 0, "an array has no negative count")
        bytes.writeArrayHeader(count)
    }

    /// Begins a map: `count` pairs of a key and a value are to follow.
    public mutating func writeMapHeader(_ count: Int) {
        precondition(count >= 0, "a map has no negative count")
        bytes.writeMapHeader(count)
    }

    /// Appends an extension value. Negative type codes belong to the specification, the others to applications.
    public mutating func writeExtension(type: Int8, _ payload: [UInt8]) {
        payload.withUnsafeBytes { bytes.writeExtension(type: type, $0) }
    }

    /// Appends bytes that are encoded already; they are not checked.
    public mutating func write(encoded value: [UInt8]) {
        bytes.append(contentsOf: value)
    }

    /// Appends bytes that are encoded already, such as ``MessagePackReader/readRawValue()`` returns; they are not checked.
    public mutating func write(encoded value: ArraySlice<UInt8>) {
        bytes.append(contentsOf: value)
    }

    /// Appends a value that is encoded already.
    public mutating func write(_ value: MessagePackRaw) {
        bytes.append(contentsOf: value.bytes)
    }
}

extension MessagePackWriter {
    /// Appends an array of 32-bit floating-point numbers.
    public mutating func write(_ values: [Float]) {
        bytes.write(bulk: values)
    }

    /// Appends an array of 64-bit floating-point numbers.
    public mutating func write(_ values: [Double]) {
        bytes.write(bulk: values)
    }

    /// Appends an array of integers, each in the shortest form. (An array of bytes, too; for a binary value see ``write(binary:)``.)
    public mutating func write<Value: FixedWidthInteger>(integers values: [Value]) {
        // The loops are compiled for the types of the standard library; only bytes, whose arrays are binary elsewhere, take the slow way.
        if let leaf = LeafType.of([Value].self), leaf != .bytes {
            do throws(LengthError) {
                try withUnsafePointer(to: values) { pointer throws(LengthError) in try bytes.write(at: pointer, as: leaf) }
            } catch {
                preconditionFailure(error.message)
            }
        } else {
            bytes.writeArrayHeader(values.count)
            for value in values {
                bytes.write(integer: value)
            }
        }
    }

    /// Appends an array of integers, each in the shortest form.
    public mutating func write(_ values: [Int]) {
        bytes.write(bulk: values)
    }

    /// Appends an array of booleans.
    public mutating func write(_ values: [Bool]) {
        bytes.write(bulk: values)
    }

    /// Appends an array of strings.
    public mutating func write(_ values: [String]) {
        bytes.write(bulk: values)
    }
}
