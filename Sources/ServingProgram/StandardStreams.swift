internal import Glibc

/// Standard output, without a buffer: what has been written is out, and what cannot be written is an error.
public enum StandardOutput {
    /// Writes a line.
    ///
    /// - Throws: ``OutputError`` when the file system is full, or whoever reads has gone.
    public static func print(_ line: String) throws(OutputError) {
        try write([UInt8](line.utf8) + [UInt8(ascii: "\n")])
    }

    /// Writes bytes as they are.
    ///
    /// - Throws: ``OutputError``.
    public static func write(_ bytes: [UInt8]) throws(OutputError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw OutputError(errno: errno)
            }
            rest = rest.dropFirst(count)
        }
    }
}

/// Standard error, for lines that people read.
public enum StandardError {
    /// Writes a line, headed by the program's name. Where that fails there is nobody to tell.
    public static func print(_ line: String, program: String = "mlserving") {
        write("\(program): \(line)\n")
    }

    /// Writes text as it is.
    public static func write(_ text: String) {
        var rest = [UInt8](text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Whether somebody looks at it.
    public static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
