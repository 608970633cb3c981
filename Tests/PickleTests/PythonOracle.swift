import Foundation

/// One Python process that answers requests over its pipes.
///
/// Invariant that makes the class safe to share: `exchange` runs under the lock, and nothing else touches the pipes.
final class PythonOracle: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let lock = NSLock()

    /// The interpreters to test against, from the environment; the second has another numpy.
    static let interpreters = ["MLSERVING_PYTHON", "MLSERVING_PYTHON_NUMPY2"].compactMap { ProcessInfo.processInfo.environment[$0] }
        .filter { !$0.isEmpty }

    init(_ interpreter: String) throws {
        self.process.executableURL = URL(fileURLWithPath: interpreter)
        self.process.arguments = ["-W", "error", "-c", Self.program]
        self.process.standardInput = self.input
        self.process.standardOutput = self.output
        // A Python that ends early must fail the test instead of the test process.
        signal(SIGPIPE, SIG_IGN)
        try self.process.run()
        guard try self.request("versions").count == 2 else { throw Failure(description: "\(interpreter) has no numpy") }
    }

    deinit {
        try? self.input.fileHandleForWriting.close()
        self.process.waitUntilExit()
    }

    /// Sends a command and data, and returns the parts of the answer.
    func request(_ command: String, _ data: [UInt8] = []) throws -> [[UInt8]] {
        self.lock.lock()
        defer { self.lock.unlock() }
        try self.write(Array(command.utf8))
        try self.write(data)
        let status = try self.read()
        let parts = try (0..<Int(try self.read().first ?? 0)).map { _ in try self.read() }
        guard status.elementsEqual("ok".utf8) else {
            throw Failure(description: String(decoding: parts.first ?? status, as: UTF8.self))
        }
        return parts
    }

    private func write(_ bytes: [UInt8]) throws {
        let length = withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) }
        try self.input.fileHandleForWriting.write(contentsOf: Data(length + bytes))
    }

    private func read() throws -> [UInt8] {
        let header = try self.read(4)
        return try self.read(header.reversed().reduce(0) { $0 << 8 | Int($1) })
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let part = try self.output.fileHandleForReading.read(upToCount: count - bytes.count), !part.isEmpty else {
                throw Failure(description: "Python ended")
            }
            bytes += part
        }
        return bytes
    }
}

extension PythonOracle {
    private static let program = #"""
        import collections, datetime, decimal, fractions, functools, pickle, random, struct, sys, uuid
        import numpy as np

        def little(array):
            dtype = array.dtype
            return array.astype(dtype.newbyteorder("<")) if dtype.byteorder == ">" else array

        def canonical(v):
            t = type(v)
            if v is None: return "N"
            if t is bool: return "T" if v else "F"
            if t is int: return "i%d" % v
            if t is float: return "fnan" if v != v else "f" + struct.pack(">d", v).hex()
            if t is str: return "s" + v.encode().hex()
            if t is bytes: return "b" + v.hex()
            if t is bytearray: return "B" + v.hex()
            if t is list: return "[" + ",".join(map(canonical, v)) + "]"
            if t is tuple: return "(" + ",".join(map(canonical, v)) + ")"
            if t is dict: return "{" + ",".join(canonical(k) + ":" + canonical(x) for k, x in v.items()) + "}"
            if t is set: return "<" + ",".join(sorted(map(canonical, v))) + ">"
            if t is frozenset: return "|" + ",".join(sorted(map(canonical, v))) + "|"
            if t is np.ndarray:
                shape = "x".join(map(str, v.shape))
                if v.dtype == object: return "A|O;%s;%s" % (shape, ",".join(map(canonical, v.ravel().tolist())))
                v = little(v)
                return "A%s;%s;%s" % (v.dtype.str, shape, v.tobytes("C").hex())
            if isinstance(v, np.generic): return "S%s;%s" % (v.dtype.str, v.tobytes().hex())
            raise TypeError(t)

        def text(r, n=None):
            alphabet = "ab \\\n\r\0\x1a'\"\x7f\x80\xffé\u0301€漢😀u0041"
            return "".join(r.choice(alphabet) for _ in range(r.choice([0, 1, 3, 20, 300]) if n is None else n))

        def array(r):
            code = r.choice("b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 S U O".split())
            shape = tuple(r.choice([0, 1, 2, 3, 5]) for _ in range(r.choice([0, 1, 1, 2, 2, 3, 4])))
            count = int(np.prod(shape))
            if code == "O":
                flat = np.empty(count, dtype=object)
                for i in range(count): flat[i] = value(r, 3)
                a = flat.reshape(shape)
            elif code == "S":
                a = np.array([r.randbytes(r.randrange(1, 6)) for _ in range(count)], dtype="S%d" % r.randrange(1, 7)).reshape(shape)
            elif code == "U":
                width = r.randrange(1, 7)
                a = np.array([text(r, r.randrange(0, 6)) for _ in range(count)], dtype="U%d" % width).reshape(shape)
            elif code == "b1":
                a = np.array([r.random() < 0.5 for _ in range(count)], dtype=bool).reshape(shape)
            else:
                a = np.frombuffer(r.randbytes(count * int(code[1])), dtype="<" + code).reshape(shape)
                if r.random() < 0.8: a = a.copy()
            if r.random() < 0.3 and code not in ("b1", "O"): a = a.astype(a.dtype.newbyteorder(">"))
            order = r.random()
            if order < 0.25: a = np.asfortranarray(a)
            elif order < 0.5: a = a.transpose(r.sample(range(a.ndim), a.ndim))
            elif order < 0.6 and a.ndim: a = a[::2]
            return a

        def number_scalar(r):
            code = r.choice("i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8".split())
            return np.frombuffer(r.randbytes(int(code[1])), dtype="<" + code)[0]

        def key(r, depth):
            kind = r.randrange(9)
            if kind < 3: return text(r)
            if kind == 3: return value(r, 9)
            if kind == 4: return tuple(key(r, depth + 1) for _ in range(r.randrange(3))) if depth < 4 else 0
            if kind == 5: return frozenset(key(r, depth + 1) for _ in range(r.randrange(3))) if depth < 4 else 1
            if kind == 6: return np.str_(text(r, 3))
            if kind == 7: return number_scalar(r)
            return r.getrandbits(70)

        def value(r, depth=0, kind=None):
            if kind is None: kind = r.randrange(9 if depth > 3 else 18)
            if kind == 0: return None
            if kind == 1: return r.random() < 0.5
            if kind == 2: return r.choice([0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63 - 1, 2**63, -2**63, -2**63 - 1])
            if kind == 3: return r.randrange(-2**r.choice([8, 40, 64, 200, 2000]), 2**r.choice([8, 40, 64, 200, 2000]))
            if kind == 4: return r.choice([0.0, -0.0, 1.5, float("inf"), float("-inf"), float("nan"), 5e-324, 1.7976931348623157e308])
            if kind == 5: return struct.unpack("<d", r.randbytes(8))[0]
            if kind == 6: return text(r)
            if kind == 7: return r.randbytes(r.choice([0, 1, 10, 300]))
            if kind == 8: return r.getrandbits(20)
            if kind == 9: return bytearray(r.randbytes(r.choice([0, 1, 10, 300])))
            if kind == 10: return [value(r, depth + 1) for _ in range(r.choice([0, 1, 2, 5]))]
            if kind == 11: return tuple(value(r, depth + 1) for _ in range(r.randrange(6)))
            if kind == 12: return {key(r, depth + 1): value(r, depth + 1) for _ in range(r.randrange(6))}
            if kind == 13: return {key(r, depth + 1) for _ in range(r.randrange(6))}
            if kind == 14: return frozenset(key(r, depth + 1) for _ in range(r.randrange(6)))
            if kind == 15: return array(r)
            if kind == 16:
                return r.choice([number_scalar(r), np.bool_(r.random() < 0.5), np.str_(text(r, 4)), np.bytes_(r.randbytes(4) + b"x"), np.float32(r.random())])
            shared = [value(r, depth + 1)]
            return [shared, (shared, shared), {"a": shared, "b": r.random()}]

        class Evil:
            def __init__(self, *call): self.call = call
            def __reduce__(self): return self.call

        class Plain: pass
        class Persistent(pickle.Pickler):
            def persistent_id(self, value): return "outside" if value is Plain else None

        def refused():
            import builtins, io, os, subprocess, copyreg
            yield "posix.system", Evil(os.system, ("true",))
            yield "eval", Evil(builtins.eval, ("1",))
            yield "exec", Evil(builtins.exec, ("1",))
            yield "getattr", Evil(builtins.getattr, ("", "upper"))
            yield "open", Evil(open, ("/dev/null",))
            yield "subprocess.Popen|commands.Popen", Evil(subprocess.Popen, (["true"],))
            yield "datetime.datetime", datetime.datetime(2020, 1, 1)
            yield "datetime.timedelta", datetime.timedelta(1)
            yield "decimal.Decimal", decimal.Decimal("1.5")
            yield "fractions.Fraction", fractions.Fraction(1, 2)
            yield "uuid.UUID", uuid.UUID(int=1)
            yield "collections.OrderedDict", collections.OrderedDict(a=1)
            yield "collections.deque", collections.deque([1])
            yield "collections.Counter", collections.Counter("a")
            yield "collections.defaultdict", collections.defaultdict(list)
            yield "functools.partial", functools.partial(print)
            yield "complex", 1 + 2j
            yield "range", range(3)
            yield "slice", slice(1)
            yield "print", print
            yield "builtins.float|__builtin__.float", float
            yield "__main__.Plain", Plain
            yield "Plain", Plain()
            yield "numpy", np.dtype("f4").type
            yield "c8", np.complex64(1)
            yield "f16", np.longdouble(1)
            yield "M8", np.datetime64("2020-01-01")
            yield "M8", np.array(["2020-01-01"], dtype="M8[s]")
            yield "V4", np.array([(1,)], dtype=[("a", "i4")])
            yield "float32", np.float32
            yield "numpy.ma.core._mareconstruct", np.ma.array([1, 2])
            yield "ndarray", np.ndarray
            yield "numpy.random._pickle.__generator_ctor", np.random.default_rng(1)
            yield "f4", np.dtype("f4")
            a = []; a.append(a)
            yield "contains itself", a
            d = {}; d["d"] = (d,)
            yield "contains itself", d
            o = np.empty(1, dtype=object); o[0] = o
            yield "contains itself", o

        def refused_pickles():
            import io
            for name, v in refused():
                for protocol in range(6):
                    try: yield name, pickle.dumps(v, protocol)
                    except (pickle.PicklingError, TypeError): pass
            for protocol in range(6):
                out = io.BytesIO(); Persistent(out, protocol).dump([Plain]); yield "PERSID", out.getvalue()
            yield "NEXT_BUFFER", pickle.dumps(pickle.PickleBuffer(bytearray(b"x")), 5, buffer_callback=lambda b: False)
            yield "NEXT_BUFFER", pickle.dumps(pickle.PickleBuffer(b"x"), 5, buffer_callback=lambda b: False)

        def answer(command, data):
            words = command.split()
            if words[0] == "versions": return [sys.version.encode(), np.__version__.encode()]
            if words[0] == "make":
                v = value(random.Random(int(words[1])), kind=int(words[1]) % 18)
                return [pickle.dumps(v, int(words[2])), canonical(v).encode()]
            if words[0] == "load": return [canonical(pickle.loads(data)).encode()]
            if words[0] == "dump": return [pickle.dumps(eval(data.decode(), {"np": np}), int(words[1]))]
            if words[0] == "refused": return [x for name, p in refused_list[int(words[1]):int(words[1]) + 100] for x in (name.encode(), p)]
            raise ValueError(command)

        refused_list = list(refused_pickles())

        def read():
            header = sys.stdin.buffer.read(4)
            if len(header) < 4: sys.exit()
            return sys.stdin.buffer.read(struct.unpack("<I", header)[0])

        def write(data):
            sys.stdout.buffer.write(struct.pack("<I", len(data)) + data)

        while True:
            command, data = read().decode(), read()
            try: status, parts = b"ok", answer(command, data)
            except Exception as error: status, parts = b"error", [("%s: %s" % (type(error).__name__, error)).encode()]
            write(status)
            write(bytes([len(parts)]))
            for part in parts: write(part)
            sys.stdout.buffer.flush()
        """#
}
