import Pickle

/// A seeded generator (SplitMix64, public domain, S. Vigna).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}

/// Random values of every kind that can be written.
struct RandomValues {
    var generator: SeededGenerator

    init(seed: UInt64) { self.generator = SeededGenerator(seed: seed) }

    static let kinds = 17

    mutating func value(kind: Int? = nil, depth: Int = 0) throws -> PickleValue {
        let length = [0, 1, 3, 20, 300].randomElement(using: &self.generator)!
        let count = Int.random(in: 0...5, using: &self.generator)
        switch kind ?? Int.random(in: 0..<(depth > 3 ? 9 : Self.kinds), using: &self.generator) {
        case 0: return .none
        case 1: return .bool(Bool.random(using: &self.generator))
        case 2:
            return .int(
                [0, 1, -1, 255, 256, 65535, 65536, .max, .min, 1 << 31, -1 << 31, 1 << 31 - 1].randomElement(using: &self.generator)!)
        case 3: return .int(Int64(truncatingIfNeeded: self.generator.next()) >> Int64.random(in: 0..<64, using: &self.generator))
        case 4: return .integer(PickleInteger(littleEndian: self.generator.bytes(length)))
        case 5: return .float([0, -0.0, 1.5, .infinity, -.infinity, .nan, .leastNonzeroMagnitude].randomElement(using: &self.generator)!)
        case 6: return .float(Double(bitPattern: self.generator.next()))
        case 7: return .string(self.text(length))
        case 8: return .bytes(self.generator.bytes(length))
        case 9: return .bytearray(self.generator.bytes(length))
        case 10: return .list(try (0..<count).map { _ in try self.value(depth: depth + 1) })
        case 11: return .tuple(try (0..<count).map { _ in try self.value(depth: depth + 1) })
        case 12:
            var dictionary = PickleDictionary()
            for _ in 0..<count { dictionary[try self.key(depth)] = try self.value(depth: depth + 1) }
            return .dictionary(dictionary)
        case 13: return .set(try self.elements(count, depth))
        case 14: return .frozenset(try self.elements(count, depth))
        case 15: return .array(try self.array(depth))
        default: return .scalar(try self.scalar())
        }
    }

    private mutating func text(_ length: Int) -> String {
        let alphabet = Array("ab \\\n\r\0\u{1a}'\"\u{7f}\u{80}ÿe\u{301}é€漢😀u0041".unicodeScalars)
        var text = String.UnicodeScalarView()
        for _ in 0..<length { text.append(alphabet.randomElement(using: &self.generator)!) }
        return String(text)
    }

    private mutating func elements(_ count: Int, _ depth: Int) throws -> [PickleValue] {
        var dictionary = PickleDictionary()
        for _ in 0..<count { dictionary[try self.key(depth)] = PickleValue.none }
        return dictionary.entries.map(\.key)
    }

    private mutating func key(_ depth: Int) throws -> PickleValue {
        switch Int.random(in: 0..<6, using: &self.generator) {
        case 0: return try self.value(kind: Int.random(in: 0..<9, using: &self.generator))
        case 1 where depth < 4: return .tuple(try (0..<2).map { _ in try self.key(depth + 1) })
        case 2 where depth < 4: return .frozenset(try self.elements(2, depth + 1))
        case 3: return .scalar(try self.scalar())
        default: return .string(self.text(Int.random(in: 0..<9, using: &self.generator)))
        }
    }

    private static let numeric: [NumpyElementType] = [
        .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float16, .float32, .float64,
    ]

    private mutating func scalar() throws -> NumpyScalar {
        let type = Self.numeric.randomElement(using: &self.generator)!
        var bytes = self.generator.bytes(type.size)
        if type == .bool { bytes[0] &= 1 }
        return try NumpyScalar(type, bytes: bytes)
    }

    private mutating func array(_ depth: Int) throws -> NumpyArray {
        let shape = (0..<Int.random(in: 0...4, using: &self.generator)).map { _ in [0, 1, 2, 3, 5].randomElement(using: &self.generator)! }
        let count = shape.reduce(1, *)
        switch Int.random(in: 0..<6, using: &self.generator) {
        case 0: return try NumpyArray(objects: try (0..<count).map { _ in try self.value(depth: max(depth, 3)) }, shape: shape)
        case 1: return NumpyArray(strings: (0..<count).map { _ in self.text(Int.random(in: 0..<6, using: &self.generator)) })
        case 2: return try NumpyArray(.bytes(count: 3), shape: shape, bytes: self.generator.bytes(count * 3))
        default:
            let type = Self.numeric.randomElement(using: &self.generator)!
            return try NumpyArray(type, shape: shape, bytes: self.generator.bytes(count * type.size))
        }
    }
}
