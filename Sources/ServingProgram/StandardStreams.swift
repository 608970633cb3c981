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
        if let number = OutputDescriptor(number: STDOUT_FILENO).write(bytes) { throw OutputError(errno: number) }
    }
}

/// Standard error, for lines that people read. Where writing fails there is nobody to tell.
public enum StandardError {
    /// Writes a line, headed by the program's name.
    public static func print(_ line: String, program: String = "mlserving") {
        write("\(program): \(line)\n")
    }

    /// Writes text as it is.
    public static func write(_ text: String) {
        write([UInt8](text.utf8))
    }

    /// Writes bytes as they are.
    static func write(_ bytes: [UInt8]) {
        _ = OutputDescriptor(number: STDERR_FILENO).write(bytes)
    }

    /// Whether somebody looks at it.
    public static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
