import Foundation
import JSON
import Testing

@Suite("Numbers in JSON")
struct JSONNumberTests {
    private func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONReader().decode(type, from: text.json)
    }

    /// 0.000…1e145 is 10^16. Foundation's decoder ends the process at it.
    private let tricky = "0." + String(repeating: "0", count: 128) + "1e145"

    @Test func integerInAnyFormIsThatInteger() throws {
        for text in ["100", "1E+2", "1e2", "100.0", "100.000", "1000e-1", "0.1e3", "10000000000000000000000000000000000e-32"] {
            #expect(try decode(Int.self, text) == 100, "\(text)")
            #expect(try decode(UInt8.self, text) == 100, "\(text)")
            #expect(try decode(Int128.self, text) == 100, "\(text)")
        }
        #expect(try decode(Int.self, tricky) == 10_000_000_000_000_000)
        #expect(try decode(Int.self, "0." + String(repeating: "0", count: 128) + "e145") == 0)
        for text in ["0", "-0", "0.0", "-0.0", "0e0", "0e999999999999999999999999", "-0e-99999999999999", "0.000e5"] {
            #expect(try decode(Int.self, text) == 0, "\(text)")
            #expect(try decode(UInt.self, text) == 0, "\(text)")
        }
    }

    @Test(arguments: [
        "0.5", "1e-1", "1.5", "-1.0000000000000000000000000000000000001", "1e999999999999", "1e400", "1e-400", "1e39", "9e38",
    ])
    func whatIsNoIntegerOfTheTypeIsAnError(text: String) {
        func refuses<Value: FixedWidthInteger & Decodable>(_ type: Value.Type) {
            let error = #expect(throws: DecodingError.self, "\(text) as \(type)") { try decode(type, text) }
            guard case .dataCorrupted(let context)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(context.debugDescription == "the number \(text) cannot be represented as \(type)")
        }
        refuses(Int.self)
        refuses(Int8.self)
        refuses(UInt64.self)
        refuses(Int128.self)
        refuses(UInt128.self)
    }

    /// The smallest and the largest of each type, and their neighbours outside.
    @Test func integersAreExactToTheirBounds() throws {
        func bounds<Value: FixedWidthInteger & Codable>(_ type: Value.Type) throws {
            for value in [Value.min, .max, .min + 1, .max - 1, 0, 1] {
                #expect(try decode(type, "\(value)") == value)
                #expect(try decode(type, "\(value).0") == value)
                #expect(try decode(type, "\(value)e0") == value)
                #expect(try JSONWriter().encode(value) == Array("\(value)".utf8))
            }
            func beyond(_ text: String) -> String {
                // The next integer away from zero, for texts that do not end in 9.
                String(text.dropLast()) + String((text.last?.wholeNumberValue ?? 0) + 1)
            }
            for text in [beyond("\(Value.max)"), Value.isSigned ? beyond("\(Value.min)") : "-1", "\(Value.max)0", "\(Value.max).5"] {
                #expect(throws: DecodingError.self, "\(text) as \(type)") { try decode(type, text) }
            }
        }
        try bounds(Int8.self)
        try bounds(Int16.self)
        try bounds(Int32.self)
        try bounds(Int64.self)
        try bounds(Int.self)
        try bounds(Int128.self)
        try bounds(UInt8.self)
        try bounds(UInt16.self)
        try bounds(UInt32.self)
        try bounds(UInt64.self)
        try bounds(UInt.self)
        try bounds(UInt128.self)
    }

    @Test func randomIntegersComeBackInEveryForm() throws {
        var generator = SeededNumbers(seed: 12)
        for _ in 0..<6_000 {
            let value = Int64(truncatingIfNeeded: generator.next()) >> Int64.random(in: 0..<64, using: &generator)
            #expect(try decode(Int64.self, "\(value)") == value)
            let zeros = value == 0 ? 0 : Int.random(in: 0...30, using: &generator)
            #expect(try decode(Int64.self, "\(value)" + String(repeating: "0", count: zeros) + "e-\(zeros)") == value)
            let large = Int128(value) * Int128(Int64(truncatingIfNeeded: generator.next()))
            #expect(try decode(Int128.self, "\(large)") == large)
            #expect(try JSONReader().decode([Int128].self, from: JSONWriter().encode([large])[...]) == [large])
        }
    }

    @Test func randomDoublesComeBackExactly() throws {
        var generator = SeededNumbers(seed: 7)
        var doubles: [Double] = [
            0, -0.0, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, .ulpOfOne, 0.1, 1e23,
        ]
        for _ in 0..<15_000 {
            let value = Double(bitPattern: generator.next())
            if value.isFinite { doubles.append(value) }
            doubles.append(.random(in: -1...1, using: &generator))
        }
        let text = try JSONWriter().encode(doubles)
        #expect(try JSONReader().decode([Double].self, from: text[...]).map(\.bitPattern) == doubles.map(\.bitPattern))
        let floats = doubles.map { Float($0) }.filter(\.isFinite)
        #expect(
            try JSONReader().decode([Float].self, from: JSONWriter().encode(floats)[...]).map(\.bitPattern) == floats.map(\.bitPattern))
    }

    /// Against the standard library: digits and exponents at random, halves between neighbours, and more digits than count.
    @Test func doublesAreRoundedToNearest() throws {
        var generator = SeededNumbers(seed: 8)
        var texts = [
            "9007199254740993", "9007199254740992.9999999999999999999999999999999999",
            "9007199254740993.0000000000000000000000000000000001",
            "2.2250738585072011e-308", "2.4703282292062327e-324", "2.4703282292062328e-324", "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1" + String(repeating: "0", count: 400) + "e-400", "0." + String(repeating: "0", count: 400) + "1e401",
            "7.0064923216240853e-46",
            "1." + String(repeating: "0", count: 900) + "1", "0.5" + String(repeating: "0", count: 1_000) + "1",
        ]
        for _ in 0..<8_000 {
            let digits = generator.next() >> UInt64.random(in: 0..<64, using: &generator)
            texts.append("\(digits)e\(Int.random(in: -330...300, using: &generator))")
            texts.append("\(digits)e\(Int.random(in: -30...60, using: &generator))")
            let float = Float(bitPattern: UInt32.random(in: 0..<0x7F7F_FFFF, using: &generator))
            texts.append("\((Double(float) + Double(float.nextUp)) / 2)")
        }
        for text in texts {
            let (double, float) = (try #require(Double(text)), try #require(Float(text)))
            if double.isFinite {
                #expect(try decode(Double.self, text).bitPattern == double.bitPattern, "\(text)")
            } else {
                #expect(throws: DecodingError.self, "\(text)") { try decode(Double.self, text) }
            }
            if float.isFinite {
                #expect(try decode(Float.self, text).bitPattern == float.bitPattern, "\(text)")
            } else {
                #expect(throws: DecodingError.self, "\(text)") { try decode(Float.self, text) }
            }
        }
    }

    @Test func whatIsBeyondADoubleIsAnErrorAndWhatIsTooSmallIsZero() throws {
        for text in ["1e400", "-1e400", "1e999999999999999999999999", "1" + String(repeating: "0", count: 310)] {
            #expect(throws: DecodingError.self, "\(text)") { try decode(Double.self, text) }
            #expect(throws: DecodingError.self, "\(text)") { try decode(Float.self, text) }
            #expect(throws: DecodingError.self, "\(text)") { try decode(Float16.self, text) }
            #expect(throws: DecodingError.self, "\(text)") { try decode(Decimal.self, text) }
        }
        #expect(throws: DecodingError.self) { try decode(Float.self, "1e39") }
        #expect(throws: DecodingError.self) { try decode(Float16.self, "70000") }
        for text in ["1e-400", "1e-999999999999999999999999", "0." + String(repeating: "0", count: 400) + "1"] {
            #expect(try decode(Double.self, text) == 0)
            #expect(try decode(Float.self, text) == 0)
        }
        #expect(try decode(Double.self, "-1e-400").sign == .minus)
    }

    /// A text of 200 kB takes milliseconds, whatever it is read into: time grows with the length alone.
    @Test(.timeLimit(.minutes(1)))
    func longNumbersCostTheirLength() throws {
        let digits = String(repeating: "7", count: 200_000)
        for text in [
            digits, "0.\(digits)", "1e\(digits)", "1e-\(digits)", "\(digits)e-\(digits)",
            "0." + String(repeating: "0", count: 200_000) + "1e200001",
        ] {
            let number = try #require(JSONNumber(text))
            #expect(number.text == text)
            _ = try? decode(Int.self, text)
            _ = try? decode(UInt128.self, text)
            _ = try? decode(Double.self, text)
            _ = try? decode(Float.self, text)
            _ = try? decode(Decimal.self, text)
            _ = try? decode(Date.self, text)
        }
        #expect(try decode(Int.self, "0." + String(repeating: "0", count: 200_000) + "1e200001") == 1)
    }

    @Test func valuesKeepTheTextOfNumbers() throws {
        for text in ["1.0", "1", "1.50", "-0", "1E+2", "18446744073709551616", "0.1000", "123456789012345678901234567890", tricky] {
            let value = try JSONReader().read(text.json)
            #expect(value == .number(try #require(JSONNumber(text))))
            #expect(try JSONWriter().encode(value) == Array(text.utf8))
        }
        #expect(JSONNumber("1.0") != JSONNumber("1"))
        #expect(JSONNumber("1.0")?.isInteger == false && JSONNumber("-7")?.isInteger == true)
        #expect(JSONNumber("1e2")?.integer(Int.self) == 100 && JSONNumber("0.5")?.double == 0.5 && JSONNumber("0.1")?.float == 0.1)
        for text in ["", "x", "01", "1 ", " 1", "1,2", "\"1\"", "null", "[1]", "1.", "+1", "NaN"] {
            #expect(JSONNumber(text) == nil, "\(text)")
        }
        #expect(JSONNumber(Double.nan) == nil && JSONNumber(Float.infinity) == nil)
        #expect(JSONNumber(1.0 as Double)?.text == "1.0" && JSONNumber(UInt64.max).text == "18446744073709551615")
    }

    @Test func decimalsAreExactToTheirDigits() throws {
        for text in [
            "0", "0.1", "-12345678901234567890.123456789", "340282366920938463463374607431768211455", "1e127", "1e-128",
            "99999999999999999999999999999999999999",
        ] {
            #expect(try decode(Decimal.self, text) == Decimal(string: text), "\(text)")
        }
        #expect(try decode(Decimal.self, "1e130") == Decimal(string: "1000e127"))
        #expect(
            try decode(Decimal.self, "0.33333333333333333333333333333333333333339")
                == Decimal(string: "0.33333333333333333333333333333333333333"))
        #expect(try decode(Decimal.self, String(repeating: "9", count: 50)) == Decimal(string: "1e50"))
        for text in ["1e200", "1e-200", "-1e999999999999"] { #expect(throws: DecodingError.self) { try decode(Decimal.self, text) } }
        let numbers = [Decimal(string: "-0.00012")!, 3, Decimal.greatestFiniteMagnitude, -Decimal.greatestFiniteMagnitude]
        #expect(try JSONReader().decode([Decimal].self, from: JSONWriter().encode(numbers)[...]) == numbers)
        #expect(throws: EncodingError.self) { try JSONWriter().encode(Decimal.nan) }
    }
}
