internal import CEventLoop
internal import Glibc

/// What a watched socket is, or is waited on to become.
public struct Readiness: OptionSet, Sendable {
    /// The bits, as `poll(2)` numbers them.
    public let rawValue: Int16

    /// Makes a set from `poll(2)` bits.
    public init(rawValue: Int16) {
        self.rawValue = rawValue
    }

    /// Bytes, or the end of the stream, can be read without blocking.
    public static let readable = Readiness(rawValue: Int16(POLLIN))
    /// Bytes can be written without blocking.
    public static let writable = Readiness(rawValue: Int16(POLLOUT))
    /// The socket failed or its peer hung up. Always reported, never asked for.
    public static let failed = Readiness(rawValue: Int16(POLLERR | POLLHUP | POLLNVAL))
}
