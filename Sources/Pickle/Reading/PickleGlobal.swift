/// The functions and classes a pickle may name. They are never looked up anywhere: each stands for code of this module.
enum PickleGlobal: String {
    case reconstruct = "numpy.core.multiarray._reconstruct"
    case frombuffer = "numpy.core.numeric._frombuffer"
    case numpyScalar = "numpy.core.multiarray.scalar"
    case ndarray = "numpy.ndarray"
    case dtype = "numpy.dtype"
    case encode = "_codecs.encode"
    case set = "builtins.set"
    case frozenset = "builtins.frozenset"
    case bytes = "builtins.bytes"
    case bytearray = "builtins.bytearray"

    /// Finds a global by the names in the pickle.
    ///
    /// numpy 1 calls its inner package `core`, numpy 2 `_core`; up to protocol 2 `builtins` has the name it had in Python 2.
    init(module: String, name: String) throws(PickleError) {
        switch (module, name) {
        case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"): self = .reconstruct
        case ("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer"): self = .frombuffer
        case ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"): self = .numpyScalar
        case ("numpy", "ndarray"): self = .ndarray
        case ("numpy", "dtype"): self = .dtype
        case ("_codecs", "encode"): self = .encode
        case ("builtins", "set"), ("__builtin__", "set"): self = .set
        case ("builtins", "frozenset"), ("__builtin__", "frozenset"): self = .frozenset
        case ("builtins", "bytes"), ("__builtin__", "bytes"): self = .bytes
        case ("builtins", "bytearray"), ("__builtin__", "bytearray"): self = .bytearray
        default: throw PickleError(.refusedGlobal, "'\(Self.printable(module)).\(Self.printable(name))' is not allowed")
        }
    }

    /// The start of a name from the payload with anything but printable ASCII replaced, safe to log.
    static func printable(_ name: String) -> String {
        let scalars = name.unicodeScalars
        let shown = scalars.prefix(80).map { (" "..."~").contains($0) ? Character($0) : "?" }
        return String(shown) + (scalars.count > 80 ? "…" : "")
    }
}
