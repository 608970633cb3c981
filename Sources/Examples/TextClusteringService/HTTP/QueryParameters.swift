internal import Hummingbird

/// The parameters in the query of an address (`application/x-www-form-urlencoded`), read strictly.
struct QueryParameters: Sendable {
    private var values: [String: String] = [:]

    /// No parameters.
    init() {}

    /// Reads a query.
    ///
    /// - Throws: ``HTTPFailure`` with 400 where it is malformed, with 422 where a parameter is given twice.
    init(_ query: String?) throws {
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decode(parts[0])
            let value = parts.count > 1 ? try Self.decode(parts[1]) : ""
            guard values.updateValue(value, forKey: name) == nil else {
                throw HTTPFailure(.unprocessableContent, "the parameter \(name) is given twice")
            }
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// The names, in alphabetical order.
    var names: [String] { values.keys.sorted() }

    private static func decode(_ text: Substring) throws -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
                guard digits.count == 2 else { throw malformed(text, "a percent sign without two hexadecimal digits") }
                bytes.append(UInt8(digits[0] << 4 | digits[1]))
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw malformed(text, "bytes that are not UTF-8") }
        return decoded
    }

    private static func malformed(_ text: Substring, _ reason: String) -> HTTPFailure {
        HTTPFailure(.badRequest, "\"\(text)\" in the query has \(reason)")
    }
}
