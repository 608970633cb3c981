import Foundation
import MessagePack
import Testing

/// The same values in Python's `msgpack`, in both directions.
///
/// Runs where the variable `MLSERVING_PYTHON` names an interpreter that has the package; once it is set, anything wrong with it fails.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["MLSERVING_PYTHON"] != nil), .timeLimit(.minutes(5)))
struct PythonInteroperabilityTests {
    private struct PythonFailure: Error, CustomStringConvertible {
        var description: String
    }

    /// Runs `script` with `msgpack` imported and `data` holding `input`; returns what it assigns to `result`.
    private func python(_ script: String, _ input: [UInt8] = []) throws -> [UInt8] {
        let interpreter = ProcessInfo.processInfo.environment["MLSERVING_PYTHON"] ?? ""
        guard FileManager.default.isExecutableFile(atPath: interpreter) else {
            throw PythonFailure(description: "MLSERVING_PYTHON is \"\(interpreter)\", which is not an executable file")
        }
        // Files instead of pipes on the way in: an interpreter that dies early would otherwise break the pipe, and this process with it.
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("messagepack-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (inputFile, errorFile) = (directory.appendingPathComponent("input"), directory.appendingPathComponent("error"))
        try Data(input).write(to: inputFile)
        try Data().write(to: errorFile)

        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: interpreter)
        let program = "import sys, msgpack\ndata = open(sys.argv[1], 'rb').read()\n\(script)\nsys.stdout.buffer.write(result)\n"
        process.arguments = ["-c", program, inputFile.path]
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        let result = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let message = try String(contentsOf: errorFile, encoding: .utf8)
            throw PythonFailure(description: "\(interpreter) exited with status \(process.terminationStatus): \(message)")
        }
        return [UInt8](result)
    }

    @Test func pythonReadsWhatSwiftWrites() throws {
        let script = """
            value = msgpack.unpackb(data, strict_map_key=False)
            friend = dict(name="Charles", age=44, tags=[], friends=[], scores={}, matrix=[], blob=b"", byNumber={})
            friend["height"] = value["friends"][0]["height"]
            assert abs(friend["height"] - 1.8) < 1e-6
            assert abs(value.pop("height") - 1.65) < 1e-6
            expected = dict(name="Ada", age=36, weight=55.5, tags=["math", "engine"],
                address=dict(street="St James's Square", number=12), friends=[friend], scores=dict(a=0.5, b=0.25),
                matrix=[[1.0, 2.0], [3.0]], blob=b"\\x00\\xff", byNumber={-1: "minus", 300: "plus"})
            assert value == expected, value
            result = b"same"
            """
        #expect(try python(script, MessagePackEncoder().encode(Person.sample)) == Array("same".utf8))
    }

    @Test func swiftReadsWhatPythonWrites() throws {
        let script = """
            result = msgpack.packb(dict(byNumber={-1: "minus", 300: "plus"}, blob=b"\\x00\\xff", matrix=[[1, 2.0], [3.0]],
                scores=dict(b=0.25, a=0.5), friends=[dict(name="Charles", age=44, height=1.8, tags=[], friends=[], scores={}, matrix=[],
                blob=b"", byNumber={}, address=None, weight=None)], address=dict(number=12, street="St James's Square"),
                tags=["math", "engine"], weight=55.5, height=1.65, age=36, name="Ada", unknown=[{}, None]))
            """
        #expect(try MessagePackDecoder().decode(Person.self, from: python(script)) == Person.sample)
    }

    @Test func pythonRepeatsRandomValuesByteForByte() throws {
        var random = RandomValue(generator: SplitMix(seed: 31))
        var values: [MessagePackValue] = []
        var counts: [String: Int] = [:]
        while counts.count < 11 || counts.values.contains(where: { $0 < 1_000 }) {
            let value = random.next(depth: 3)
            let kind = Mirror(reflecting: value).children.first?.label ?? "nil"
            counts[kind, default: 0] += 1
            if counts[kind] ?? 0 <= 1_000 { values.append(value) }
        }
        let encoded = try MessagePackEncoder().encode(MessagePackValue.array(values.map(Self.expressibleInPython)))
        let script = """
            unpacker = msgpack.Unpacker(object_pairs_hook=lambda pairs: Pairs(pairs), ext_hook=msgpack.ExtType, strict_map_key=False)
            class Pairs(list): pass
            def pack(value, packer):
                if isinstance(value, Pairs):
                    return packer.pack_map_header(len(value)) + b"".join(pack(k, packer) + pack(v, packer) for k, v in value)
                if isinstance(value, list):
                    return packer.pack_array_header(len(value)) + b"".join(pack(v, packer) for v in value)
                return packer.pack(value)
            unpacker.feed(data)
            result = pack(unpacker.unpack(), msgpack.Packer())
            """
        #expect(try python(script, encoded) == encoded)
    }

    @Test func swiftRepeatsRandomValuesByteForByte() throws {
        let script = """
            import random, struct
            r = random.Random(7)
            def integer(): return r.choice([0, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1, -1, -32, -33,
                -128, -129, -2**15, -2**15 - 1, -2**31, -2**31 - 1, -2**63, r.getrandbits(64) >> r.randrange(64)])
            def octets(): return r.randbytes(r.choice([0, 1, 2, 4, 5, 8, 15, 16, 17, 31, 32, 33, 255, 256, 257, 70000 if r.random() < 0.02 else 3]))
            def text(): return "".join(r.choice("az0 éλ中🎈") for _ in range(r.choice([0, 1, 7, 8, 15, 31, 32, 63, 64, 90])))
            def scalar(kind):
                return [lambda: None, lambda: r.random() < 0.5, integer, lambda: struct.unpack("<d", r.randbytes(8))[0], text, octets,
                    lambda: msgpack.ExtType(r.randrange(128), octets()), lambda: msgpack.Timestamp(r.getrandbits(40), r.randrange(10**9))][kind]()
            def value(kind, depth):
                if kind < 8: return scalar(kind)
                if kind == 8: return [value(r.randrange(10 if depth else 8), depth - 1) for _ in range(r.choice([0, 1, 2, 15, 16, 17]))]
                return {scalar(r.choice([1, 2, 4, 5])): value(r.randrange(10 if depth else 8), depth - 1) for _ in range(r.choice([0, 1, 2, 15, 16, 17]))}
            single = [struct.unpack("<f", r.randbytes(4))[0] for _ in range(1000)]
            result = msgpack.packb([value(kind, 2) for kind in range(10) for _ in range(1000)])
            result = b"\\x92" + result + msgpack.packb(single, use_single_float=True)
            """
        let made = try python(script)
        let values = try MessagePackDecoder().decode(MessagePackValue.self, from: made)
        #expect(try MessagePackEncoder().encode(values) == made)
    }

    /// Python has no 32-bit numbers and reserves extension type −1.
    private static func expressibleInPython(_ value: MessagePackValue) -> MessagePackValue {
        switch value {
        case .float(let number): .double(Double(number))
        case .ext(let type, let bytes): .ext(type: max(type, 0), bytes: bytes)
        case .array(let values): .array(values.map(expressibleInPython))
        case .map(let entries): .map(entries.map { .init(expressibleInPython($0.key), expressibleInPython($0.value)) })
        default: value
        }
    }

    @Test func timestampsAgree() throws {
        let instants = [
            MessagePackTimestamp(seconds: 0), MessagePackTimestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789),
            MessagePackTimestamp(seconds: -5, nanoseconds: 7), MessagePackTimestamp(seconds: 1 << 40),
        ]
        let script = """
            stamps = msgpack.unpackb(data, timestamp=0)
            pairs = [(s.seconds, s.nanoseconds) for s in stamps]
            assert pairs == [(0, 0), (1700000000, 123456789), (-5, 7), (1 << 40, 0)], pairs
            result = msgpack.packb(stamps)
            """
        let encoded = try MessagePackEncoder().encode(instants)
        #expect(try python(script, encoded) == encoded)
        #expect(try MessagePackDecoder().decode([MessagePackTimestamp].self, from: encoded) == instants)
    }

    @Test func numericArraysAgree() throws {
        let script = """
            result = msgpack.packb(dict(floats=msgpack.unpackb(data), integers=[i * 37 - 50000 for i in range(5000)]), use_single_float=True)
            """
        struct Arrays: Decodable {
            var floats: [Float]
            var integers: [Int32]
        }
        let floats = (0..<5000).map { Float($0) / 7 }
        let arrays = try MessagePackDecoder().decode(Arrays.self, from: python(script, MessagePackEncoder().encode(floats)))
        #expect(arrays.floats == floats)
        let integers: [Int32] = (0..<5000).map { $0 * 37 - 50000 }
        #expect(arrays.integers == integers)
    }
}
