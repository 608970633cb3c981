import Pickle
import Testing

@testable import MLServingCore

@Suite("PickleCodec")
struct PickleCodecTests {
    private let codec = PickleCodec()

    /// `[value] * count` as Python pickles it: the value once, and then references to it.
    private func repeated(_ value: [UInt8], _ count: Int) -> [UInt8] {
        [0x80, 4, 0x5D, 0x28] + value + [0x94] + (1..<count).flatMap { _ in [0x68, 0] as [UInt8] } + [0x65, 0x2E]
    }

    private let text: [UInt8] = [0x58, 0xF4, 1, 0, 0] + [UInt8](repeating: UInt8(ascii: "x"), count: 500)

    @Test func whatPythonHoldsInCommonIsRead() throws {
        let list = repeated(text, 10_000)
        try codec.check(value: list[...])
        let texts = try codec.decode([String].self, from: list[...])
        #expect(texts.count == 10_000 && texts.last == String(repeating: "x", count: 500))
        #expect(try codec.split(list: list[...]).count == 10_000)

        let row: [UInt8] = [0x5D, 0x28] + (0..<500).flatMap { _ in [0x47, 0x3F, 0xE0, 0, 0, 0, 0, 0, 0] as [UInt8] } + [0x65]
        let rows = try codec.decode([[Double]].self, from: repeated(row, 10_000)[...])
        #expect(rows.count == 10_000 && rows.last == [Double](repeating: 0.5, count: 500))
    }

    /// Each level names the one before ten times.
    @Test func exponentialNestsAreRefusedByName() {
        var bomb: [UInt8] = [0x80, 4] + text + [0x94, 0x30]
        for level in 0..<20 as Range<UInt8> {
            bomb += [0x5D, 0x28] + (0..<10).flatMap { _ in [0x68, level] as [UInt8] } + [0x65, 0x94] + (level == 19 ? [] : [0x30])
        }
        bomb.append(0x2E)
        for attempt in [
            { try codec.check(value: bomb[...]) }, { _ = try codec.split(list: bomb[...]) }, { _ = try codec.canonical(value: bomb[...]) },
        ] {
            let error = #expect(throws: PickleError.self) { try attempt() }
            #expect(
                error?.code == .limitExceeded && error?.message.contains("maximumValues is 8388608") == true, "\(String(describing: error))"
            )
        }
    }

    @Test func sharedBinaryDataIsBoundedByName() {
        let data: [UInt8] = [0x42] + withUnsafeBytes(of: UInt32(1 << 20).littleEndian) { Array($0) } + [UInt8](repeating: 7, count: 1 << 20)
        let error = #expect(throws: PickleError.self) { try codec.check(value: repeated(data, 1_000)[...]) }
        #expect(error?.message.contains("maximumExpandedSize is 67108864") == true, "\(String(describing: error))")
        #expect(throws: Never.self) { try codec.check(value: repeated(data, 60)[...]) }
    }

    /// A text of 100 kB that is named 10,000 times is read, but not written out.
    @Test func writingOutWhatIsSharedIsBoundedByName() throws {
        let long = [0x58] + withUnsafeBytes(of: UInt32(100_000).littleEndian) { Array($0) } + [UInt8](repeating: 0x61, count: 100_000)
        let list = repeated(long, 10_000)
        #expect(try codec.decode([String].self, from: list[...]).count == 10_000)
        for attempt in [{ _ = try codec.split(list: list[...]) }, { _ = try codec.canonical(value: list[...]) }] {
            let error = #expect(throws: PickleError.self) { try attempt() }
            #expect(error?.code == .limitExceeded && error?.message.contains("maximumByteCount is") == true, "\(String(describing: error))")
        }
    }

    @Test func manySmallElementsAreSplit() throws {
        let list = try codec.encode(Array(repeating: 1, count: 1_000_000))
        #expect(try codec.split(list: list[...]).count == 1_000_000)
    }
}
