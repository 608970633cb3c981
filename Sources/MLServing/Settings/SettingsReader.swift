internal import Configuration
internal import SystemPackage

/// Reads configuration values by their keys, and says what is wrong with one that is missing or malformed.
///
/// The process environment comes first, then the environment files in the order in which they were named. An empty value counts as none.
public struct SettingsReader: Sendable {
    /// The variable that names the environment files, separated by colons.
    public static let filesKey = "MLSERVING_ENV_FILES"

    /// From the first to the last that is asked.
    private let readers: [ConfigReader]

    /// Reads the process environment and environment files of lines `KEY=value`.
    ///
    /// - Parameters:
    ///   - files: The files, of which each must exist. `nil`: those that `MLSERVING_ENV_FILES` names, separated by colons, else
    ///     `variables.env` in the working directory if there is one.
    ///   - overrides: Values that come before all others, such as those of command-line options.
    /// - Throws: ``ConfigurationError`` when a file cannot be read.
    public init(files: [String]? = nil, overrides: [String: String] = [:]) async throws(ConfigurationError) {
        let environment = EnvironmentVariablesProvider()
        var providers: [any ConfigProvider] = [EnvironmentVariablesProvider(environmentVariables: overrides), environment]
        let named = ConfigReader(provider: environment).string(forKey: Self.configKey(Self.filesKey))
        let required = files ?? named.map { $0.split(separator: ":").map(String.init) }
        for file in required ?? ["variables.env"] {
            do {
                providers.append(try await EnvironmentVariablesProvider(environmentFilePath: FilePath(file), allowMissing: required == nil))
            } catch {
                throw ConfigurationError(key: Self.filesKey, message: "the file \(file) cannot be read: \(error)")
            }
        }
        readers = providers.map { ConfigReader(provider: $0) }
    }

    /// Reads given values only, as a test does.
    public init(values: [String: String]) {
        readers = [ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: values))]
    }

    private static func configKey(_ key: String) -> ConfigKey {
        ConfigKey(key.split(separator: "_").map { $0.lowercased() })
    }

    // MARK: Values

    /// A text, without quotes around it; `nil` when there is none.
    public func string(_ key: String) -> String? {
        sources.lazy.compactMap { $0(key) }.first
    }

    /// What looks a text up in one source each, from the first to the last that is asked.
    var sources: [(String) -> String?] {
        readers.map { reader in
            { key in
                guard let value = reader.string(forKey: Self.configKey(key))?.unquoted, !value.isEmpty else { return nil }
                return value
            }
        }
    }

    /// A text.
    ///
    /// - Throws: ``ConfigurationError`` when there is none.
    public func requiredString(_ key: String, expected: String) throws(ConfigurationError) -> String {
        guard let value = string(key) else { throw ConfigurationError(key: key, message: "is not set; expected \(expected)") }
        return value
    }

    /// A whole number.
    public func integer(_ key: String, default fallback: Int, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard let value = string(key) else { return fallback }
        guard let number = Int(value), range.contains(number) else {
            let bounds = range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            throw malformed(key, value, expected: "a whole number \(bounds)")
        }
        return number
    }

    /// A number.
    public func double(_ key: String, default fallback: Double, in range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
        guard let value = string(key) else { return fallback }
        guard let number = Double(value), range.contains(number) else {
            throw malformed(key, value, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off`.
    public func flag(_ key: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
        guard let value = string(key) else { return fallback }
        switch value.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw malformed(key, value, expected: "0 or 1")
        }
    }

    /// One of several words.
    public func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, default fallback: Choice) throws(ConfigurationError)
        -> Choice
    {
        guard let value = string(key) else { return fallback }
        guard let choice = Choice(rawValue: value.lowercased()) else {
            throw malformed(key, value, expected: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// A positive time in seconds, with or without fractions.
    public func seconds(_ key: String, default fallback: Duration) throws(ConfigurationError) -> Duration {
        guard let value = string(key) else { return fallback }
        guard let seconds = Double(value), seconds > 0, seconds < 1e9 else {
            throw malformed(key, value, expected: "a positive number of seconds")
        }
        return .seconds(seconds)
    }

    /// A positive time in whole milliseconds.
    public func milliseconds(_ key: String, default fallback: Duration) throws(ConfigurationError) -> Duration {
        guard let value = string(key) else { return fallback }
        guard let milliseconds = Int64(value), milliseconds > 0, milliseconds < 1_000_000_000_000 else {
            throw malformed(key, value, expected: "a positive whole number of milliseconds")
        }
        return .milliseconds(milliseconds)
    }

    /// Servers, as `(host:port host:port …)`; one of them may stand without parentheses.
    public func nodes(_ key: String, default fallback: [ServerNode]) throws(ConfigurationError) -> [ServerNode] {
        guard let value = string(key) else { return fallback }
        let expected = "(host:port host:port …)"
        var list = value[...]
        if list.first == "(" || list.last == ")" {
            guard list.first == "(", list.last == ")", list.count >= 2 else { throw malformed(key, value, expected: expected) }
            list = list.dropFirst().dropLast()
        }
        var nodes: [ServerNode] = []
        for text in list.split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
            guard let node = ServerNode(String(text)) else { throw malformed(key, value, expected: expected) }
            nodes.append(node)
        }
        guard !nodes.isEmpty else { throw malformed(key, value, expected: expected) }
        return nodes
    }

    private func malformed(_ key: String, _ value: String, expected: String) -> ConfigurationError {
        ConfigurationError(key: key, message: "\"\(value)\" is not \(expected)")
    }
}

extension String {
    /// Without space, and without a pair of quotes, around it.
    fileprivate var unquoted: String {
        let text = trimmedSpace
        let isQuoted = text.count >= 2 && (text.first == "\"" || text.first == "'") && text.first == text.last
        return isQuoted ? String(text.dropFirst().dropLast()) : text
    }

    fileprivate var trimmedSpace: String {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
        return String(self[start..<end])
    }
}
