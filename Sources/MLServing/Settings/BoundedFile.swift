internal import Glibc
internal import SystemPackage

/// Reads small files whole.
enum BoundedFile {
    /// The bytes of a file.
    ///
    /// Only regular files are read, and the null device, which is empty: a pipe without a writer would be waited for without end. A file that is
    /// larger than the limit is not read whole: the result is longer than the limit then.
    static func contents(of path: String, limit: Int) throws(Failure) -> [UInt8] {
        try open(path) { file throws(Errno) in
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 4_096)
            while bytes.count <= limit {
                let count = try read(file, into: &chunk)
                if count == 0 { break }
                bytes += chunk.prefix(count)
            }
            return bytes
        }
    }

    /// Sees whether a file that others are going to read is one.
    static func check(_ path: String) throws(Failure) {
        try open(path) { _ in }
    }

    private static func open<Value>(_ path: String, _ body: (Int32) throws(Errno) -> Value) throws(Failure) -> Value {
        // Without the flag even opening a pipe waits for whoever writes.
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw .refused(Errno(rawValue: errno)) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .refused(Errno(rawValue: errno)) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .refused(.isDirectory)
        case S_IFCHR where isNull(status): break
        default: throw .irregular
        }
        do throws(Errno) {
            return try body(file)
        } catch {
            throw .refused(error)
        }
    }

    private static func read(_ file: Int32, into chunk: inout [UInt8]) throws(Errno) -> Int {
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
    }

    private static func isNull(_ status: stat) -> Bool {
        var null = stat()
        return stat("/dev/null", &null) == 0 && null.st_rdev == status.st_rdev
    }
}
