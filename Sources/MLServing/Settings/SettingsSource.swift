internal import SystemPackage

/// Where values come from: options, the process environment, or a file.
struct SettingsSource: Sendable {
    /// A value, and where it stands.
    struct Value: Sendable {
        var text: String
        /// `file:line`; `nil` for one of the environment or the command line.
        var place: String?
    }

    private let values: [String: Value]

    /// Options, or what a test gives.
    init(values: [String: String]) {
        self.values = values.mapValues { Value(text: $0.unquoted) }
    }

    /// A file, whose quotes have been read.
    init(_ file: EnvironmentFile) {
        values = Dictionary(
            uniqueKeysWithValues: file.entries.map { ($0, Value(text: $1.value, place: "\(file.path):\($1.line)")) })
    }

    /// The value of a key; an empty one counts as none.
    subscript(_ key: String) -> Value? {
        guard let value = values[key], !value.text.isEmpty else { return nil }
        return value
    }

    /// The same, if it is set to nothing, too.
    func text(evenIfEmpty key: String) -> String? { values[key]?.text }

    /// The keys that are set, in alphabetical order.
    var keys: [String] { values.keys.sorted() }

    /// Where a key is set, for a person to read.
    func place(of key: String) -> String { values[key]?.place ?? "environment" }
}

extension String {
    /// Without space, and without a pair of quotes, around it: programs that start others hand on the quotes of a file.
    fileprivate var unquoted: String {
        let text = trimmedSpace
        let isQuoted = text.count >= 2 && (text.first == "\"" || text.first == "'") && text.first == text.last
        return isQuoted ? String(text.dropFirst().dropLast()) : text
    }

    private var trimmedSpace: String {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
        return String(self[start..<end])
    }
}
