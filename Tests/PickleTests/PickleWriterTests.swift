import Pickle
import Testing

@Suite struct PickleWriterTests {
    private func write(_ value: PickleValue, _ version: PickleWriter.ProtocolVersion = .four) throws -> [UInt8] {
        try PickleWriter(protocolVersion: version, framing: false).write(value)
    }

    @Test func integersTakeTheShortestForm() throws {
        #expect(try self.write(255) == program("\u{80}\u{4}K\u{ff}."))
        #expect(try self.write(256) == program("\u{80}\u{4}M\u{0}\u{1}."))
        #expect(try self.write(-1) == program("\u{80}\u{4}J\u{ff}\u{ff}\u{ff}\u{ff}."))
        #expect(try self.write(0x8000_0000) == program("\u{80}\u{4}\u{8a}\u{5}\u{0}\u{0}\u{0}\u{80}\u{0}."))
        let long = PickleInteger(littleEndian: [UInt8](repeating: 1, count: 300))
        #expect(try self.write(.bigInteger(long)).starts(with: program("\u{80}\u{4}\u{8b}\u{2c}\u{1}\u{0}\u{0}\u{1}")))
    }

    @Test func framesAnnounceTheLengthOfTheRest() throws {
        #expect(try PickleWriter().write(1) == program("\u{80}\u{4}\u{95}\u{3}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}K\u{1}."))
        #expect(try PickleWriter(protocolVersion: .two).write(1) == program("\u{80}\u{2}K\u{1}."))
    }

    @Test func repeatedKeysAreWrittenOnce() throws {
        let record: PickleValue = ["label": 1, "score": 2]
        let one = try self.write([record]).count
        let two = try self.write([record, record]).count
        // A mark, an empty dict, two references of two bytes, two numbers of two bytes and SETITEMS.
        #expect(two - one == 11)
        #expect(try PickleReader().read(try self.write([record, record])) == [record, record])
    }

    @Test func equivalentKeysOfOtherScalarsAreNotConfused() throws {
        let value: PickleValue = [["\u{e9}": 1], ["e\u{301}": 1]]
        #expect(try PickleReader().read(try self.write(value)) == value)
    }

    @Test(arguments: [PickleWriter.ProtocolVersion.two, .four])
    func arraysUseTheFormThatEveryNumpyReads(version: PickleWriter.ProtocolVersion) throws {
        let pickle = try self.write(.array(try NumpyArray([1, 2] as [Float])), version)
        let text = String(decoding: pickle, as: UTF8.self)
        #expect(text.contains("numpy.core.multiarray"))
        #expect(text.contains("_reconstruct"))
        #expect(!text.contains("_frombuffer"))
    }

    @Test func moreThanAThousandElementsComeInBatches() throws {
        let values = PickleValue.list((0..<2500).map { .int(Int64($0)) })
        let pickle = try self.write(values)
        #expect(pickle.count { $0 == UInt8(ascii: "e") } >= 3)
        #expect(try PickleReader().read(pickle) == values)
        let dictionary = PickleValue.dictionary(PickleDictionary(distinct: (0..<2500).map { .init(key: .int(Int64($0)), value: nil) }))
        #expect(try PickleReader().read(try self.write(dictionary)) == dictionary)
    }

    @Test(arguments: [
        PickleValue.dictionary(PickleDictionary(distinct: [.init(key: [], value: 1)])), .set([.list([])]), .frozenset([.set([])]),
        .dictionary(PickleDictionary(distinct: [.init(key: .tuple([.bytearray([])]), value: 1)])),
    ])
    func keysThatPythonCannotHashAreRefused(value: PickleValue) {
        let error = #expect(throws: PickleError.self) { try PickleWriter().write(value) }
        #expect(error?.code == .notRepresentable)
    }

    @Test func deepNestingIsRefused() {
        var value: PickleValue = []
        for _ in 0..<255 { value = [value] }
        #expect(throws: Never.self) { try PickleWriter().write(value) }
        let error = #expect(throws: PickleError.self) { try PickleWriter().write([value]) }
        #expect(error?.code == .limitExceeded)
    }

    @Test(arguments: [PickleWriter.ProtocolVersion.two, .four])
    func everythingWrittenReadsBack(version: PickleWriter.ProtocolVersion) throws {
        for seed in UInt64(0)..<2000 {
            var random = RandomValues(seed: seed)
            let value = try random.value(kind: Int(seed) % RandomValues.kinds)
            let read = try PickleReader().read(try self.write(value, version))
            try #require(CanonicalForm.of(read) == CanonicalForm.of(value), "seed \(seed)")
        }
    }
}
