internal import ArgumentParser
internal import Glibc

/// Standard output cannot be written.
public struct OutputError: Error, Sendable, Hashable {
    private let number: Int32

    init(errno number: Int32) {
        self.number = number
    }

    /// A reader that has gone knows it: nothing is to be said then.
    var line: String? {
        if number == EPIPE { return nil }
        return "standard output cannot be written: \(Self.reason(number))"
    }

    /// What an error's number stands for.
    static func reason(_ number: Int32) -> String {
        var text = [CChar](repeating: 0, count: 128)
        guard strerror_r(number, &text, text.count) == 0 else { return "error \(number)" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    var exitCode: ExitCode { number == EPIPE ? .readerGone : .outputError }
}
