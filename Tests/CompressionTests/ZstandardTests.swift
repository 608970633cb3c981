import Compression
import Testing

@Suite("Zstandard")
struct ZstandardTests {
    private func numbers(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
    }

    @Test(arguments: [1_000, 65_536, 65_537, 3_000_000])
    func expandsWhatItCompressed(count: Int) throws {
        let bytes = numbers(count)
        let frame = try #require(Zstandard.compress(bytes))
        #expect(frame.count < count)
        #expect(Zstandard.isFrame(frame))
        #expect(try Zstandard.decompress(frame, maximumByteCount: count) == bytes)
    }

    @Test func whatDoesNotGetSmallerStaysAsItIs() {
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(Zstandard.compress(noise) == nil)
        #expect(Zstandard.compress([]) == nil)
        #expect(Zstandard.compress([1]) == nil)
    }

    @Test func severalFramesExpandToOneSequence() throws {
        let (one, two) = (try #require(Zstandard.compress(numbers(10_000))), try #require(Zstandard.compress(numbers(20_000))))
        #expect(try Zstandard.decompress(one + two, maximumByteCount: 30_000) == numbers(10_000) + numbers(20_000))
    }

    /// The smallest of frames, and one that does not tell how much is in it.
    @Test(
        arguments: [
            ([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00], []),
            ([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x19, 0x00, 0x00, 0x61, 0x62, 0x63], [0x61, 0x62, 0x63]),
        ] as [([UInt8], [UInt8])])
    func framesOfOthersExpand(frame: [UInt8], bytes: [UInt8]) throws {
        #expect(try Zstandard.decompress(frame, maximumByteCount: 100) == bytes)
    }

    @Test func expansionIsBounded() throws {
        let frame = try #require(Zstandard.compress([UInt8](repeating: 0, count: 10_000_000)))
        #expect(frame.count < 2_000)
        #expect(throws: CompressionError.self) { try Zstandard.decompress(frame, maximumByteCount: 9_999_999) }
        #expect(throws: CompressionError.self) { try Zstandard.decompress(frame + frame, maximumByteCount: 19_999_999) }
        #expect(try Zstandard.decompress(frame + frame, maximumByteCount: 20_000_000).count == 20_000_000)
    }

    @Test func whatIsCutShortOrChangedIsRefusedOrExpandsWithinBounds() throws {
        let frame = try #require(Zstandard.compress(numbers(5_000)))
        for count in 0..<frame.count {
            #expect(throws: CompressionError.self) { try Zstandard.decompress(Array(frame[..<count]), maximumByteCount: 5_000) }
        }
        for index in frame.indices {
            for bit in 0..<8 {
                var changed = frame
                changed[index] ^= 1 << bit
                let count = (try? Zstandard.decompress(changed, maximumByteCount: 5_000))?.count ?? 0
                #expect(count <= 5_000)
            }
        }
    }
}
