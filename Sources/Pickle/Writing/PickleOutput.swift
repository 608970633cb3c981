/// The bytes of a pickle while it is written.
struct PickleOutput {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ opcode: PickleOpcode) { self.bytes.append(opcode.rawValue) }

    mutating func append(_ opcode: PickleOpcode, _ argument: UInt8) {
        self.bytes.append(opcode.rawValue)
        self.bytes.append(argument)
    }

    mutating func append(_ opcode: PickleOpcode, littleEndian argument: some FixedWidthInteger) {
        self.bytes.append(opcode.rawValue)
        withUnsafeBytes(of: argument.littleEndian) { self.bytes.append(contentsOf: $0) }
    }

    mutating func append(_ opcode: PickleOpcode, bigEndian argument: some FixedWidthInteger) {
        self.bytes.append(opcode.rawValue)
        withUnsafeBytes(of: argument.bigEndian) { self.bytes.append(contentsOf: $0) }
    }

    mutating func append(contentsOf bytes: some Sequence<UInt8>) { self.bytes.append(contentsOf: bytes) }

    /// Replaces the eight bytes at `offset`, for a length known only at the end.
    mutating func patch(_ value: UInt64, at offset: Int) {
        for index in 0..<8 { self.bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8)) }
    }
}
