internal import SystemPackage

/// Reads small files whole.
enum BoundedFile {
    /// The bytes of a file, or of a pipe to its end.
    ///
    /// A file that is larger than the limit, or has no end, is not read whole: the result is longer than the limit then.
    static func contents(of path: String, limit: Int) throws(Errno) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
            return try file.closeAfter {
                var bytes: [UInt8] = []
                var chunk = [UInt8](repeating: 0, count: 4_096)
                while bytes.count <= limit {
                    let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
                    if count == 0 { break }
                    bytes += chunk.prefix(count)
                }
                return bytes
            }
        } catch let error as Errno {
            throw error
        } catch {
            throw Errno.ioError
        }
    }
}
