import Pickle
import Testing

/// Both directions against CPython and numpy. Runs where the variable `MLSERVING_PYTHON` names an interpreter with numpy 1;
/// `MLSERVING_PYTHON_NUMPY2` adds one with numpy 2.
@Suite(.enabled(if: !PythonOracle.interpreters.isEmpty), .timeLimit(.minutes(5)))
struct PythonInteroperabilityTests {
    private static let valuesPerRun = 1080

    @Test(arguments: PythonOracle.interpreters, 0...5)
    func readsWhatPythonWrites(interpreter: String, protocolVersion: Int) throws {
        let oracle = try PythonOracle(interpreter)
        for seed in 0..<Self.valuesPerRun {
            let answer = try oracle.request("make \(seed) \(protocolVersion)")
            let value = try PickleReader().read(answer[0])
            let expected = String(decoding: answer[1], as: UTF8.self)
            try #require(CanonicalForm.of(value) == expected, "seed \(seed)")
        }
    }

    @Test(arguments: PythonOracle.interpreters, [PickleWriter.ProtocolVersion.two, .four])
    func pythonReadsWhatIsWritten(interpreter: String, version: PickleWriter.ProtocolVersion) throws {
        let oracle = try PythonOracle(interpreter)
        for seed in 0..<UInt64(Self.valuesPerRun) {
            var random = RandomValues(seed: seed)
            let value = try random.value(kind: Int(seed) % RandomValues.kinds)
            let pickle = try PickleWriter(protocolVersion: version, framing: seed % 2 == 0).write(value)
            let seen = String(decoding: try oracle.request("load", pickle)[0], as: UTF8.self)
            try #require(seen == CanonicalForm.of(value), "seed \(seed)")
            try #require(CanonicalForm.of(try PickleReader().read(pickle)) == seen, "seed \(seed)")
        }
    }

    @Test(arguments: PythonOracle.interpreters)
    func refusesWhatIsNotPlainData(interpreter: String) throws {
        let oracle = try PythonOracle(interpreter)
        var count = 0
        while true {
            let answer = try oracle.request("refused \(count)")
            for index in stride(from: 0, to: answer.count, by: 2) {
                let name = String(decoding: answer[index], as: UTF8.self)
                let error = #expect(throws: PickleError.self, "\(name)") { try PickleReader().read(answer[index + 1]) }
                let message = error?.message ?? ""
                // Up to protocol 1 an instance of a class is refused at the function that would make it.
                let named = name.split(separator: "|").contains { message.contains($0) } || message.contains("'copy_reg._reconstructor'")
                #expect(named, "\(name): \(message)")
                let codes: [PickleError.Code] = [.refusedGlobal, .refusedOpcode, .unsupported, .recursive]
                #expect(codes.contains(error?.code ?? .malformed), "\(name): \(message)")
            }
            count += answer.count / 2
            if answer.count < 200 { break }
        }
        #expect(count > 150)
    }

    @Test(arguments: PythonOracle.interpreters)
    func decodesNumpyArraysAsSwiftArrays(interpreter: String) throws {
        let oracle = try PythonOracle(interpreter)
        for type in ["i1", "u2", "i8", "f2", "f4", ">f4", "f8", ">i4"] {
            let vector = try oracle.request("dump 5", Array("np.arange(4).astype('\(type)')".utf8))[0]
            #expect(try PickleDecoder().decode([Float].self, from: vector) == [0, 1, 2, 3])
            let matrix = try oracle.request("dump 5", Array("np.asfortranarray(np.arange(6).reshape(2, 3).astype('\(type)'))".utf8))[0]
            #expect(try PickleDecoder().decode([[Double]].self, from: matrix) == [[0, 1, 2], [3, 4, 5]])
        }
        let rows = try oracle.request("dump 4", Array("[np.zeros(2, 'f4'), np.ones(2, 'f4')]".utf8))[0]
        #expect(try PickleDecoder().decode([[Float]].self, from: rows) == [[0, 0], [1, 1]])
    }
}
