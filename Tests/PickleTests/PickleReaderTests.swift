import Pickle
import Testing

/// The bytes of a program written as Latin-1 text.
func program(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

@Suite struct PickleReaderTests {
    private func read(_ text: String) throws -> PickleValue { try PickleReader().read(program(text)) }

    private func expectError(_ code: PickleError.Code, _ text: String, limits: PickleLimits = PickleLimits()) -> String {
        let error = #expect(throws: PickleError.self) { try PickleReader(limits: limits).read(program(text)) }
        #expect(error?.code == code, "\(error?.description ?? "no error")")
        return error?.message ?? ""
    }

    @Test(arguments: RecordedPickle.all)
    func readsRecordedPickles(_ recorded: RecordedPickle) throws {
        #expect(CanonicalForm.of(try PickleReader().read(recorded.pickle)) == recorded.canonical)
    }

    @Test func fillingAListAfterItWasMemoisedIsSeenByEveryReference() throws {
        // l = []; [l, l, (l,)] with the elements appended after the references were made
        #expect(try self.read("(]q\u{0}h\u{0}h\u{0}\u{85}h\u{0}K\u{1}a0t.") == .tuple([[1], [1], .tuple([[1]])]))
    }

    @Test func duplicatedContainersAreOne() throws {
        #expect(try self.read("(]2K\u{1}at.") == .tuple([[1], [1]]))
    }

    @Test func popTakesAwayTheMarkAboveTheValues() throws {
        #expect(try self.read("K\u{1}(0.") == 1)
        #expect(try self.read("K\u{1}(K\u{2}K\u{3}1.") == 1)
        #expect(try self.read("K\u{1}K\u{2}0.") == 1)
    }

    @Test func setsCopyTheListTheyAreMadeOf() throws {
        let value = try self.read("(](K\u{1}eq\u{0}c__builtin__\nset\nh\u{0}\u{85}Rh\u{0}K\u{2}a0t.")
        #expect(value == .tuple([[1, 2], .set([1])]))
    }

    @Test func laterOfEqualKeysWinsAtTheEarlierPlace() throws {
        let value = try self.read("}(K\u{1}NK\u{2}N\u{88}K\u{7}G\u{3f}\u{f0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}K\u{8}u.")
        guard case .dictionary(let dictionary) = value else { throw PickleErrorOfTest() }
        #expect(dictionary.entries == [.init(key: 1, value: 8), .init(key: 2, value: nil)])
    }

    @Test func canonicallyEquivalentKeysStayApart() throws {
        let value = try self.read("}(X\u{2}\u{0}\u{0}\u{0}\u{c3}\u{a9}K\u{1}X\u{3}\u{0}\u{0}\u{0}e\u{cc}\u{81}K\u{2}u.")
        guard case .dictionary(let dictionary) = value else { throw PickleErrorOfTest() }
        #expect(dictionary.count == 2)
        #expect(dictionary["\u{e9}"] == 1)
        #expect(dictionary["e\u{301}"] == 2)
    }

    @Test func stringsFromPython2AreTextOrBytes() throws {
        let pickle = program("U\u{2}a\u{ff}.")
        #expect(try PickleReader().read(pickle) == "a\u{ff}")
        #expect(try PickleReader(legacyStrings: .bytes).read(pickle) == .bytes([0x61, 0xff]))
        #expect(try self.read("S'\\x41\\102\\n\\q'\n.") == "AB\n\\q")
    }

    @Test func readsSeveralPicklesFromOneBuffer() throws {
        var bytes = program("K\u{1}.N.")[...]
        #expect(try PickleReader().readPrefix(&bytes) == 1)
        #expect(try PickleReader().readPrefix(&bytes) == PickleValue.none)
        #expect(bytes.isEmpty)
        #expect(self.expectError(.malformed, "K\u{1}.N.").contains("2 bytes follow"))
    }

    @Test func readsFromTheMiddleOfAnArray() throws {
        let bytes = program("garbageK\u{1}.")
        #expect(try PickleReader().read(bytes[7...]) == 1)
    }

    @Test func sparseMemoNumbersNeedNoMemory() throws {
        #expect(try self.read("K\u{1}r\u{ff}\u{ff}\u{ff}\u{ff}0j\u{ff}\u{ff}\u{ff}\u{ff}.") == 1)
        #expect(try self.read("K\u{1}p4294967295\n0g4294967295\n.") == 1)
    }

    @Test(arguments: [
        ("cos\nsystem\n(S'true'\ntR.", "'os.system'"),
        ("cposix\nsystem\n(S'true'\ntR.", "'posix.system'"),
        ("c__builtin__\neval\n.", "'__builtin__.eval'"),
        ("\u{80}\u{4}\u{8c}\u{8}builtins\u{8c}\u{4}exec\u{93}.", "'builtins.exec'"),
        ("cnumpy\nload\n.", "'numpy.load'"),
        ("c__builtin__\ngetattr\n.", "'__builtin__.getattr'"),
        ("cdatetime\ndatetime\n.", "'datetime.datetime'"),
        ("ccopy_reg\n_reconstructor\n.", "'copy_reg._reconstructor'"),
        ("cbad\u{1b}[0m\u{c3}\u{a9}\nname\n.", "'bad?[0m?.name'"),
        ("c_codecs\nencode\n(Va\nVrot13\ntR.", "codec"),
        ("cnumpy.core.multiarray\n_reconstruct\n(c_codecs\nencode\n(I0\ntVb\ntR.", "numpy.ndarray"),
        ("cnumpy\nndarray\n(I2\ntR.", "numpy.ndarray"),
    ])
    func refusesOtherGlobals(pickle: String, name: String) {
        #expect(self.expectError(.refusedGlobal, pickle).contains(name))
    }

    @Test(arguments: [
        ("(S'true'\nios\nsystem\n.", "'os.system'"), ("(c__builtin__\nset\no.", "OBJ"),
        ("c__builtin__\nset\n)\u{81}.", "NEWOBJ"), ("c__builtin__\nset\n)}\u{92}.", "NEWOBJ_EX"),
        ("\u{82}\u{1}.", "EXT1 names an extension, 1"), ("\u{83}\u{1}\u{0}.", "EXT2"), ("\u{84}\u{1}\u{0}\u{0}\u{0}.", "EXT4"),
        ("Pid\n.", "PERSID"), ("NQ.", "BINPERSID"), ("\u{97}.", "NEXT_BUFFER"), ("N\u{98}.", "READONLY_BUFFER"),
    ])
    func refusesOtherOpcodes(pickle: String, name: String) {
        #expect(self.expectError(.refusedOpcode, pickle).contains(name))
    }

    @Test(arguments: [
        "]q\u{0}h\u{0}a.", "}q\u{0}K\u{1}h\u{0}s.", "]q\u{0}h\u{0}\u{85}a.", "(lp0\n(g0\nta.", "]q\u{0}}K\u{1}h\u{0}sa.",
        "\u{8f}q\u{0}(h\u{0}\u{85}\u{90}.",
    ])
    func refusesContainersThatContainThemselves(pickle: String) {
        #expect(self.expectError(.recursive, pickle).contains("contains itself"))
    }

    @Test(arguments: [
        ".", "0", "1.", "a.", "]a.", "(.", "N(.", "NN.", "K\u{1}(a.", "}(Nu.", "}K\u{1}]s]a.", "t.", "h\u{0}.", "g-1\n.", "gx\n.",
        "q\u{0}.", "Ix\n.",
        "I\n.", "I-\n.", "L1_0L\n.", "F1x\n.", "F0x1p3\n.", "F\n.", "S'\n.", "S'a\"\n.", "Sa\n.", "S'\\x4'\n.", "S'\\'\n.", "V\\u12\n.",
        "\u{ff}.", "\u{1}.",
        "\u{8b}\u{ff}\u{ff}\u{ff}\u{ff}.", "NNR.", "c__builtin__\nset\nNR.", "c__builtin__\nset\n(K\u{1}tR.", "Nb.", "NNb.", "]]\u{90}.",
        "NN\u{93}.",
        "N\u{90}.", "K\u{1}]\u{85}\u{93}.", "K\u{1}(\u{85}.", "](]e}(]Nu.", "}(]Nu.", "(]\u{91}.", "c__builtin__\nbytes\n(Va\ntR.",
    ])
    func refusesMalformedPrograms(pickle: String) {
        let error = #expect(throws: PickleError.self) { try PickleReader().read(program(pickle)) }
        #expect(error?.code == .malformed || error?.code == .truncated, "\(pickle): \(error?.description ?? "")")
    }

    @Test(arguments: [
        "X\u{ff}\u{ff}\u{ff}\u{ff}a", "B\u{ff}\u{ff}\u{ff}\u{7f}a", "\u{8d}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}a",
        "\u{8e}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{7f}a", "\u{96}\u{0}\u{0}\u{0}\u{0}\u{1}\u{0}\u{0}\u{0}a",
        "\u{8b}\u{ff}\u{ff}\u{ff}\u{7f}a",
        "\u{95}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}N.", "\u{95}\u{3}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}N.", "", "N", "I12",
        "cos",
    ])
    func lengthsBeyondTheInputAreRefused(pickle: String) {
        _ = self.expectError(.truncated, pickle)
    }

    @Test func refusesTextThatIsNotUnicode() {
        #expect(self.expectError(.invalidText, "X\u{3}\u{0}\u{0}\u{0}\u{ed}\u{a0}\u{80}.").contains("surrogate"))
        #expect(self.expectError(.invalidText, "V\\ud800\n.").contains("surrogate"))
        _ = self.expectError(.invalidText, "X\u{1}\u{0}\u{0}\u{0}\u{ff}.")
    }

    @Test func newerProtocolsAreRefused() { _ = self.expectError(.unsupported, "\u{80}\u{6}N.") }

    @Test func errorsNameTheOffsetOfTheOpcode() {
        let error = #expect(throws: PickleError.self) { try PickleReader().read(program("]K\u{1}acos\nsystem\n.")) }
        #expect(error?.offset == 4)
    }
}

struct PickleErrorOfTest: Error {}
