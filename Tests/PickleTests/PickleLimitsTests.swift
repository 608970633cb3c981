import Pickle
import Testing

@Suite struct PickleLimitsTests {
    private func error(_ pickle: [UInt8], _ configure: (inout PickleLimits) -> Void = { _ in }) -> PickleError? {
        var limits = PickleLimits()
        configure(&limits)
        return #expect(throws: PickleError.self) { try PickleReader(limits: limits).read(pickle) }
    }

    @Test func exponentialStructuresAreRefused() {
        // Each list contains the one before ten times: 10^30 values in 30 levels.
        var pickle = program("]q\u{0}")
        for level in 1...30 {
            pickle += program("](") + (0..<10).flatMap { _ in program("h") + [UInt8(level - 1)] } + program("eq") + [UInt8(level)]
        }
        pickle += program("h\u{1e}") + program("\u{85}.")
        pickle = program("(") + pickle.dropLast(2) + program("t.")
        #expect(self.error(pickle)?.code == .limitExceeded)
    }

    @Test func repeatedReferencesToLargeDataCount() {
        let pickle =
            program("]B\u{0}\u{0}\u{1}\u{0}") + [UInt8](repeating: 7, count: 65536) + program("q\u{0}a(")
            + (0..<1000).flatMap { _ in program("h\u{0}") } + program("e.")
        #expect(self.error(pickle) { $0.maximumExpandedSize = 10 << 20 }?.code == .limitExceeded)
        #expect(throws: Never.self) { try PickleReader().read(pickle) }
    }

    /// `["x" * 500] * 10_000` and `[["x" * 500] * 100] * 100` as Python pickles them: one text, held in common.
    @Test func sharedTextCountsOnce() throws {
        let text = program("X\u{F4}\u{1}\u{0}\u{0}") + [UInt8](repeating: UInt8(ascii: "x"), count: 500) + program("q\u{0}")
        let list = program("](") + text + (1..<10_000).flatMap { _ in program("h\u{0}") } + program("e.")
        let nested =
            program("](](") + text + (1..<100).flatMap { _ in program("h\u{0}") } + program("eq\u{1}")
            + (1..<100).flatMap { _ in program("h\u{1}") }
            + program("e.")
        var limits = PickleLimits()
        limits.maximumExpandedSize = 1_000
        limits.maximumValues = 11_000
        let reader = PickleReader(limits: limits)
        #expect(
            try PickleDecoder(reader: reader).decode([String].self, from: list)
                == Array(repeating: String(repeating: "x", count: 500), count: 10_000))
        #expect(try PickleDecoder(reader: reader).decode([[String]].self, from: nested).joined().count == 10_000)
        // Texts that are written out are not held in common.
        let apart = program("](") + (0..<3).flatMap { _ in text } + program("e.")
        #expect(
            self.error(apart) { $0.maximumExpandedSize = 1_000 }?.message == "the texts have 1500 bytes, and maximumExpandedSize is 1000")
    }

    /// Each names the limit, its value, and what exceeded it.
    @Test func errorsNameTheLimit() {
        let expected: [([UInt8], WritableKeyPath<PickleLimits, Int>, String)] = [
            (program("(NNNNt."), \.maximumStackSize, "4 values are on the stack, and maximumStackSize is 3"),
            (program("((((N."), \.maximumStackSize, "4 marks are on the stack, and maximumStackSize is 3"),
            (program("Nq\u{0}q\u{1}q\u{2}q\u{3}."), \.maximumMemoEntries, "4 values are in the memo, and maximumMemoEntries is 3"),
            (program("](NNNe."), \.maximumValues, "the pickle: 4 values, counted each time they occur, and maximumValues is 3"),
            (program("](]]]e."), \.maximumValues, "the pickle makes 4 containers, and maximumValues is 3"),
            (
                program("C\u{4}aaaa\u{85}."), \.maximumExpandedSize,
                "the pickle: 4 bytes of binary data and arrays, counted each time they occur, and maximumExpandedSize is 3"
            ),
            (program("NNN."), \.maximumInputSize, "the pickle has 4 bytes, and maximumInputSize is 3"),
            (program("]]]]aaa."), \.maximumDepth, "containers nest 4 deep or deeper, and maximumDepth is 3"),
        ]
        for (pickle, limit, message) in expected {
            #expect(self.error(pickle) { $0[keyPath: limit] = 3 }?.message == message)
        }
    }

    @Test func whatIsWrittenIsBounded() throws {
        let text = PickleValue.string(String(repeating: "x", count: 1_000))
        var writer = PickleWriter()
        writer.maximumByteCount = 100_000
        #expect(throws: Never.self) { try writer.write(.list(Array(repeating: text, count: 90))) }
        for value in [text, .bytes([UInt8](repeating: 1, count: 1_000)), .list(Array(repeating: .none, count: 1_000))] {
            let error = #expect(throws: PickleError.self) { try writer.write(.list(Array(repeating: value, count: 110))) }
            #expect(error?.code == .limitExceeded && error?.message.contains("maximumByteCount is 100000") == true)
        }
    }

    @Test func repeatedCopiesOfSharedDataAreRefused() {
        // encode() of one memoised text, over and over
        let text = [UInt8](repeating: 0x61, count: 65536)
        let encoding = program("h\u{1}h\u{0}h\u{2}\u{86}R0")
        let head = program("X\u{0}\u{0}\u{1}\u{0}") + text + program("q\u{0}0c_codecs\nencode\nq\u{1}0Vlatin1\nq\u{2}0")
        #expect(self.error(head + (0..<1000).flatMap { _ in encoding } + program("N."))?.code == .limitExceeded)
        #expect(throws: Never.self) { try PickleReader().read(head + encoding + encoding + program("N.")) }

        // set() of one memoised list, over and over
        let list = program("](") + (0..<65536).flatMap { _ in program("K\u{1}") } + program("eq\u{0}0c__builtin__\nset\nq\u{1}0")
        #expect(self.error(list + (0..<1000).flatMap { _ in program("h\u{1}h\u{0}\u{85}R0") } + program("N."))?.code == .limitExceeded)
    }

    @Test func deepNestingIsRefused() throws {
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(ascii: "]"), count: depth) + [UInt8](repeating: UInt8(ascii: "a"), count: depth - 1) + program(".")
        }
        #expect(throws: Never.self) { try PickleReader().read(nested(256)) }
        #expect(self.error(nested(257))?.code == .limitExceeded)
        #expect(self.error(nested(100_000))?.code == .limitExceeded)
    }

    @Test func sharingDoesNotHideDepth() {
        // Lists that were built bottom up are met at a small depth first, and then again deep inside.
        var pickle = program("(]q\u{0}")
        for level in 1..<200 { pickle += program("]h") + [UInt8(level - 1)] + program("aq") + [UInt8(level)] }
        pickle += program("t.")
        #expect(self.error(pickle) { $0.maximumDepth = 150 }?.code == .limitExceeded)
        #expect(throws: Never.self) { try PickleReader().read(pickle) }
    }

    @Test func everyLimitIsKept() {
        #expect(self.error(program("(NNNNt.")) { $0.maximumStackSize = 3 }?.code == .limitExceeded)
        #expect(self.error(program("((((N.")) { $0.maximumStackSize = 3 }?.code == .limitExceeded)
        #expect(self.error(program("Nq\u{0}q\u{1}q\u{2}.")) { $0.maximumMemoEntries = 2 }?.code == .limitExceeded)
        #expect(self.error(program("N\u{94}\u{94}\u{94}.")) { $0.maximumMemoEntries = 2 }?.code == .limitExceeded)
        #expect(self.error(program("](NNNNe.")) { $0.maximumValues = 4 }?.code == .limitExceeded)
        #expect(self.error(program("](]]]]e.")) { $0.maximumValues = 4 }?.code == .limitExceeded)
        #expect(self.error(program("X\u{4}\u{0}\u{0}\u{0}aaaa\u{85}.")) { $0.maximumExpandedSize = 3 }?.code == .limitExceeded)
        #expect(self.error(program("NNNN.")) { $0.maximumInputSize = 4 }?.code == .limitExceeded)
    }

    @Test func decimalIntegersAreAsLongAsPythonAllows() throws {
        let digits = [UInt8](repeating: UInt8(ascii: "9"), count: 4300)
        #expect(throws: Never.self) { try PickleReader().read(program("L") + digits + program("L\n.")) }
        #expect(self.error(program("L99") + digits + program("L\n."))?.code == .limitExceeded)
    }

    @Test(arguments: [
        ("(I1000000000000\nI0\nt", "", "f8"), ("(I0\nI4611686018427387904\nI4\nt", "", "u1"), ("(I4611686018427387904\nI4\nt", "", "u1"),
        ("(I-1\nt", "", "f4"), ("(I3\nt", "abcd", "f4"), ("(I2\nt", "abcd", "f4"), ("(I3\nt", "", "S0"), ("(I3\nt", "", "U0"),
        ("I1\n", "abcd", "f4"),
    ])
    func impossibleShapesAreRefused(shape: String, data: String, type: String) {
        let pickle = program(
            "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntVb\ntR(I1\n\(shape)cnumpy\ndtype\n(V\(type)\nI00\nI01\ntR"
                + "I00\nc_codecs\nencode\n(V\(data)\nVlatin1\ntRtb.")
        let error = self.error(pickle)
        #expect([.malformed, .limitExceeded, .notRepresentable].contains(error?.code), "\(error?.description ?? "")")
    }
}
