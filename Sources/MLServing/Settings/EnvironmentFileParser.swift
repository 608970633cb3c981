/// Reads lines `KEY=value` as shells and docker compose do where these agree.
///
/// | written | read |
/// |---|---|
/// | `export KEY=value` | as `KEY=value` |
/// | `KEY = value` | without the space around key and value |
/// | `KEY=value # comment` | without the comment; a `#` without space before it belongs to the value |
/// | `KEY='value'` | what stands between the quotes, over several lines if need be |
/// | `KEY="value"` | the same, with `\"`, `\\`, `\$` and ``\` `` for these characters; other backslashes are refused, as the two differ |
/// | `KEY=a$b` | as it is: nothing is put in for variables |
/// | a key twice | the last value |
///
/// Lines end in LF or CR LF. A byte order mark at the start is passed over.
struct EnvironmentFileParser {
    /// Why a file cannot be used. Shows no value.
    struct Failure: Error, Equatable {
        var line: Int?
        var key: String?
        var reason: String
    }

    private let characters: [Unicode.Scalar]
    private var position = 0
    private var line = 1

    init(_ text: String.UnicodeScalarView) {
        characters = Array(text)
    }

    /// The text of a file, with LF at the ends of lines, and without what cannot be in one.
    static func text(of bytes: [UInt8]) throws(Failure) -> String.UnicodeScalarView {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw Failure(line: nil, key: nil, reason: "the file is UTF-16; expected UTF-8")
        }
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        var text = String.UnicodeScalarView()
        for (index, bytes) in body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            guard let line = String(validating: bytes, as: UTF8.self) else {
                throw Failure(line: index + 1, key: nil, reason: "the line is not UTF-8")
            }
            var scalars = line.unicodeScalars[...]
            if scalars.last == "\r" { scalars.removeLast() }
            if let control = scalars.first(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) {
                throw Failure(line: index + 1, key: nil, reason: "the line has the control character \(control.value)")
            }
            if index > 0 { text.append("\n") }
            text.append(contentsOf: scalars)
        }
        return text
    }

    /// All settings.
    mutating func entries() throws(Failure) -> [String: EnvironmentFile.Entry] {
        var entries: [String: EnvironmentFile.Entry] = [:]
        while true {
            skip { $0 == " " || $0 == "\t" || $0 == "\n" }
            guard let next else { return entries }
            if next == "#" {
                skip { $0 != "\n" }
                continue
            }
            let line = line
            let key = try key()
            let value = try value(of: key)
            entries[key] = EnvironmentFile.Entry(value: value, line: line, replacedLine: entries[key]?.line)
        }
    }

    private mutating func key() throws(Failure) -> String {
        var key = take { $0 != "=" && $0 != "\n" }
        guard next == "=" else {
            throw Failure(line: line, key: nil, reason: "the line has no =; expected KEY=value, or # before a comment")
        }
        position += 1
        let export = "export".unicodeScalars
        if key.starts(with: export), let rest = key.dropFirst(export.count).firstIndex(where: { !$0.isBlank }), rest > export.count {
            key.removeSubrange(..<rest)
        }
        while let last = key.last, last.isBlank { key.removeLast() }
        let isName = key.first?.isASCIIDigit == false && key.allSatisfy(\.isInKeys)
        // What stands there may be a piece of a secret.
        guard isName else {
            throw Failure(line: line, key: nil, reason: "what stands before the = is no key: expected letters, digits and underscores")
        }
        return String(String.UnicodeScalarView(key))
    }

    private mutating func value(of key: String) throws(Failure) -> String {
        let start = position
        skip(while: \.isBlank)
        let value: [Unicode.Scalar]
        if let quote = next, quote == "'" || quote == "\"" {
            value = try quotedValue(of: key, quote: quote)
            let isApart = next?.isBlank == true
            skip(while: \.isBlank)
            if next == "#", isApart { skip { $0 != "\n" } }
            guard next == nil || next == "\n" else {
                throw Failure(
                    line: line, key: key, reason: "something follows the quote that closes the value; put all of it between the quotes")
            }
        } else {
            position = start
            value = unquotedValue()
        }
        return String(String.UnicodeScalarView(value))
    }

    private mutating func unquotedValue() -> [Unicode.Scalar] {
        var value = take { $0 != "\n" }[...]
        if let comment = value.indices.first(where: { value[$0] == "#" && $0 > value.startIndex && value[$0 - 1].isBlank }) {
            value = value[..<comment]
        }
        while let last = value.last, last.isBlank { value.removeLast() }
        return Array(value.drop(while: \.isBlank))
    }

    private mutating func quotedValue(of key: String, quote: Unicode.Scalar) throws(Failure) -> [Unicode.Scalar] {
        let start = line
        position += 1
        var value: [Unicode.Scalar] = []
        while let character = next {
            position += 1
            if character == "\n" { line += 1 }
            if character == quote { return value }
            if character == "\\", quote == "\"" {
                guard let escaped = next, "\"\\$`".unicodeScalars.contains(escaped) else {
                    let reason = "a backslash between double quotes stands before \", \\, $ or `; put other values between single quotes"
                    throw Failure(line: line, key: key, reason: reason)
                }
                position += 1
                value.append(escaped)
            } else {
                value.append(character)
            }
        }
        throw Failure(line: start, key: key, reason: "the value begins with a quote that nothing closes")
    }

    // MARK: Characters

    private var next: Unicode.Scalar? { position < characters.count ? characters[position] : nil }

    private mutating func skip(while condition: (Unicode.Scalar) -> Bool) {
        while let next, condition(next) {
            if next == "\n" { line += 1 }
            position += 1
        }
    }

    private mutating func take(while condition: (Unicode.Scalar) -> Bool) -> [Unicode.Scalar] {
        let start = position
        skip(while: condition)
        return Array(characters[start..<position])
    }
}

extension Unicode.Scalar {
    fileprivate var isBlank: Bool { self == " " || self == "\t" }

    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }

    /// Compose has points and hyphens in keys too; other services may use them.
    fileprivate var isInKeys: Bool {
        ("A"..."Z").contains(self) || ("a"..."z").contains(self) || isASCIIDigit || self == "_" || self == "." || self == "-"
    }
}
