internal import ArgumentParser
internal import Glibc

/// Standard input, read whole.
public enum StandardInput {
    /// The most that is read, in bytes: more than any broker takes in a message.
    static let largest = 256 << 20

    /// Reads to the end.
    ///
    /// - Throws: ``ProgramError`` when it cannot be read, is too large, or is not UTF-8; the last with the place.
    public static func readText() throws(ProgramError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw ProgramError(.noInput, "standard input cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            bytes += chunk.prefix(count)
            if bytes.count > largest { throw ProgramError(.dataError, "standard input is larger than \(largest) bytes") }
        }
        if let position = UTF8Position(ofFirstErrorIn: bytes) {
            throw ProgramError(.dataError, "standard input is not UTF-8: line \(position.line), byte \(position.byteInLine)")
        }
        return bytes
    }
}
