import Foundation
import MessagePack
import Pickle
import Testing

@testable import Tensors

/// With numpy 1 and with numpy 2, both with msgpack.
enum PythonInterpreters {
    static let all = ["MLSERVING_PYTHON", "MLSERVING_PYTHON_CLIENTS"].compactMap { ProcessInfo.processInfo.environment[$0] }
}

/// The functions of docs/tensors.md, and numpy's own pickles, in both directions.
@Suite("Tensors in Python", .enabled(if: !PythonInterpreters.all.isEmpty), .timeLimit(.minutes(5)))
struct TensorPythonTests {
    /// The Python code in the documentation.
    private static func documentedCode() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/tensors.md"), encoding: .utf8)
        let start = try #require(page.range(of: "```python\n"))
        let end = try #require(page.range(of: "```", range: start.upperBound..<page.endIndex))
        return String(page[start.upperBound..<end.lowerBound])
    }

    /// Runs a script that finds its input in `data` and leaves its output in `result`.
    private func python(_ interpreter: String, _ script: String, _ data: [UInt8]) throws -> [UInt8] {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: interpreter)
        let frame = "import pickle, sys\ndata = sys.stdin.buffer.read()\n\(script)\nsys.stdout.buffer.write(result)\n"
        process.arguments = ["-W", "error", "-c", try Self.documentedCode() + frame]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(data))
        try input.fileHandleForWriting.close()
        let result = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return [UInt8](result)
    }

    /// What numpy says of the samples: type, shape, elements.
    private static let check = """
        expected = [
            ("bool", (2, 2), [[True, False], [True, True]]), ("int8", (4, 1), [[-2**7], [-1], [0], [2**7 - 1]]),
            ("int16", (4,), [-2**15, -1, 0, 2**15 - 1]), ("int32", (1, 2, 2), [[[-2**31, -1], [0, 2**31 - 1]]]),
            ("int64", (4,), [-2**63, -1, 0, 2**63 - 1]), ("uint8", (3,), [0, 1, 2**8 - 1]), ("uint16", (3,), [0, 1, 2**16 - 1]),
            ("uint32", (3,), [0, 1, 2**32 - 1]), ("uint64", (3,), [0, 1, 2**64 - 1]), ("float16", (3,), [0.5, -2, 65504]),
            ("uint16", (3,), [0x3F00, 0xC000, 0x7F62]), ("float32", (3,), None), ("float64", (3,), [0.1, -sys.float_info.max, 5e-324]),
            ("object", (3, 1), [[b""], [b"\\0\\xff"], [b"a"]]), ("object", (2,), [b"a", "é".encode()]), ("int32", (), 7),
            ("float32", (3, 0), [[], [], []]), ("object", (0,), []),
        ]
        assert len(arrays) == len(expected), len(arrays)
        for array, (name, shape, elements) in zip(arrays, expected):
            assert type(array) is np.ndarray and array.dtype == name and array.shape == shape, (array, name)
            assert elements is None or array.tolist() == elements, (array, elements)

        """

    @Test(arguments: PythonInterpreters.all)
    func extensionGoesBothWays(interpreter: String) throws {
        let samples = try TensorSamples.all()
        // The bits of BF16 come back as those of UINT16.
        let expected = try samples.map { try $0.elementType == .bfloat16 ? Tensor(.uint16, shape: $0.shape, bytes: $0.bytes) : $0 }
        let script =
            "arrays = msgpack.unpackb(data, ext_hook=decode_tensor)\n" + Self.check
            + "result = msgpack.packb(arrays, default=encode_tensor)"
        let answer = try python(interpreter, script, MessagePackEncoder().encode(samples))
        #expect(try MessagePackDecoder().decode([Tensor].self, from: answer) == expected)
    }

    @Test(arguments: PythonInterpreters.all, 2...5)
    func pickleGoesBothWays(interpreter: String, version: Int) throws {
        let samples = try TensorSamples.all()
        let expected = try samples.map { try $0.elementType == .bfloat16 ? Tensor(.uint16, shape: $0.shape, bytes: $0.bytes) : $0 }
        let script = "arrays = pickle.loads(data)\n" + Self.check + "result = pickle.dumps(arrays, \(version))"
        let answer = try python(interpreter, script, PickleEncoder().encode(samples))
        #expect(try PickleDecoder().decode([Tensor].self, from: answer) == expected)
    }

    @Test(arguments: PythonInterpreters.all)
    func otherArraysOfNumpyAreTensorsToo(interpreter: String) throws {
        let script = """
            arrays = [np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)), np.array(["a", "né"]), np.array([b"ab", b"c"]), np.float32(1.5)]
            result = pickle.dumps(arrays)
            """
        let tensors = try PickleDecoder().decode([Tensor].self, from: python(interpreter, script, []))
        #expect(tensors[0] == (try Tensor([0, 1, 2, 3, 4, 5] as [Int32], shape: [2, 3])))
        #expect(try tensors[1].byteStrings() == [[0x61], [0x6E, 0xC3, 0xA9]])
        #expect(try tensors[2].byteStrings() == [[0x61, 0x62], [0x63]])
        #expect(tensors[3] == (try Tensor([1.5] as [Float], shape: [])))
        let foreign = try python(interpreter, "result = msgpack.packb(np.arange(3, dtype='>f8')[::-1], default=encode_tensor)", [])
        #expect(try MessagePackDecoder().decode(Tensor.self, from: foreign) == Tensor([2, 1, 0] as [Double]))
    }
}
