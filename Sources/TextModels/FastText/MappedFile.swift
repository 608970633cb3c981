#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A whole file mapped read-only; pages come from the page cache when they are touched and are shared between processes.
///
/// Whoever replaces a file that is in use must write a new one and rename it over the old: shortening a mapped file in place
/// makes the kernel raise SIGBUS on access, which no reader can turn into an error.
///
/// Sendable although it holds a pointer: the mapping is `PROT_READ` and its address and length are constants, so there is nothing
/// to race on; it is unmapped in `deinit` only, and the pointer is reachable only inside `withUnsafeBytes`, which keeps `self` alive.
final class MappedFile: @unchecked Sendable {
    private let address: UnsafeMutableRawPointer
    /// The length of the file, in bytes, when it was opened.
    let count: Int

    init(path: String) throws(FastTextError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Self.failure("cannot open", path, "check that the path exists and that this user may read it")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw Self.failure("cannot read the size", path, "check the file system")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FastTextError(.unreadable, "not a regular file; give the path of a .bin or .ftz model", path: path)
        }
        count = Int(status.st_size)
        guard count > 0 else {
            throw FastTextError(.truncated, "the file is empty; copy the model again", path: path, offset: 0)
        }
        guard let mapped = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), mapped != MAP_FAILED else {
            throw Self.failure("cannot map", path, "check the limits on address space")
        }
        address = mapped
    }

    deinit {
        munmap(address, count)
    }

    /// Lends the bytes of the file for the duration of `body`.
    func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: address, count: count))
    }

    /// Tells the kernel that a part is read here and there, so that it reads no more than is asked for.
    ///
    /// Of a model that is not in its cache it would else read 128 KB around each row. Small files are worth to be read at once.
    func expectRandomAccess(from start: Int) {
        // Whole pages only. That the kernel may refuse the advice changes nothing but speed.
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let aligned = (start + pageSize - 1) / pageSize * pageSize
        guard count - aligned > 64 << 20 else { return }
        _ = madvise(address + aligned, count - aligned, MADV_RANDOM)
    }

    private static func failure(_ action: String, _ path: String, _ advice: String) -> FastTextError {
        let reason = String(cString: strerror(errno))
        return FastTextError(.unreadable, "\(action): \(reason); \(advice)", path: path)
    }
}
