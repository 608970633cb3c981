import MessagePack

/// Values of all types, whose sizes lie around the boundaries of the formats.
struct RandomValue {
    var generator: SplitMix

    mutating func next(depth: Int = 4) -> MessagePackValue {
        switch Int.random(in: 0..<(depth > 0 ? 13 : 9), using: &generator) {
        case 0: return .nil
        case 1: return .bool(.random(using: &generator))
        case 2: return .int(integer())
        case 3: return .uint(UInt64(bitPattern: integer()))
        case 4: return .float(Float(bitPattern: .random(in: 0...0x7f7f_ffff, using: &generator)))
        case 5: return .double(Double(bitPattern: .random(in: 0...0x7fef_ffff_ffff_ffff, using: &generator)))
        case 6: return .string(text())
        case 7: return .binary(octets())
        case 8: return .ext(type: .random(in: -128...127, using: &generator), bytes: octets())
        case 9, 10: return .array((0..<count()).map { _ in next(depth: depth - 1) })
        default:
            return .map((0..<count()).map { _ in .init(next(depth: 0), next(depth: depth - 1)) })
        }
    }

    private mutating func integer() -> Int64 {
        let value = Int64.random(in: .min ... .max, using: &generator)
        return value >> Int64.random(in: 0..<64, using: &generator)
    }

    private mutating func count() -> Int {
        Int.random(in: 0..<20, using: &generator) * (Int.random(in: 0..<4, using: &generator) == 0 ? 1 : 0)
            + Int.random(
                in: 0..<3, using: &generator)
    }

    private mutating func length() -> Int {
        [0, 1, 2, 4, 5, 8, 15, 16, 17, 31, 32, 33, 255, 256, 257].randomElement(using: &generator)!
    }

    private mutating func text() -> String {
        let alphabet: [Character] = ["a", "z", "0", " ", "é", "λ", "中", "🎈"]
        return String((0..<length()).map { _ in alphabet.randomElement(using: &generator)! })
    }

    private mutating func octets() -> [UInt8] {
        (0..<length()).map { _ in .random(in: 0...255, using: &generator) }
    }
}
