internal import Glibc

/// A descriptor that is open for writing.
struct OutputDescriptor {
    let number: Int32

    /// Writes all bytes.
    ///
    /// - Returns: The number of the error that kept it from that, if there is one.
    func write(_ bytes: [UInt8]) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = rest.dropFirst(count)
        }
        return nil
    }
}
