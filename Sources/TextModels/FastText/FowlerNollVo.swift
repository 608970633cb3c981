/// The 32-bit FNV-1a hash in fastText's dialect, which sign-extends each byte before it is mixed in.
///
/// Models depend on the dialect: bytes above 0x7F hash differently from standard FNV-1a.
struct FowlerNollVo {
    private(set) var value: UInt32 = 2_166_136_261

    mutating func combine(_ byte: UInt8) {
        value ^= UInt32(bitPattern: Int32(Int8(bitPattern: byte)))
        value &*= 16_777_619
    }

    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var hash = FowlerNollVo()
        for byte in bytes { hash.combine(byte) }
        return hash.value
    }
}
