internal import CFuzzing
internal import Glibc

/// A file in memory, for what is only read from files.
final class MemoryFile: Sendable {
    private let descriptor: Int32

    init(name: String) {
        descriptor = mlserving_memory_file(name)
        expect(descriptor >= 0, "no file in memory: errno \(errno)")
    }

    /// The path of the file, which then holds these bytes and nothing else.
    func path(holding bytes: [UInt8]) -> String {
        expect(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, "errno \(errno)")
        return "/proc/self/fd/\(descriptor)"
    }
}
