internal import Glibc

/// The health endpoint cannot be offered.
public struct HealthServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, and where.
    public let message: String

    /// The message.
    public var description: String { message }

    init(_ message: String) {
        self.message = message
    }

    init(call: String, number: Int32) {
        var text = [CChar](repeating: 0, count: 128)
        let isKnown = strerror_r(number, &text, text.count) == 0
        let reason = isKnown ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : "error \(number)"
        message = "\(call): \(reason)"
    }
}
