internal import Glibc

/// A system call that failed.
struct SystemError: Error, Hashable, CustomStringConvertible {
    let call: String
    let number: Int32

    var description: String {
        var text = [CChar](repeating: 0, count: 128)
        guard strerror_r(number, &text, text.count) == 0 else { return "\(call): error \(number)" }
        return "\(call): \(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))"
    }
}
