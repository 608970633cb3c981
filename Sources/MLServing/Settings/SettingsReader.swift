/// Reads configuration values by their keys, and says what is wrong with one that is missing or malformed.
///
/// The process environment comes first, then the environment files in the order in which they were named. An empty value counts as none.
public struct SettingsReader: Sendable {
    /// The variable that names the environment files, separated by colons.
    public static let filesKey = "MLSERVING_ENV_FILES"

    /// From the first to the last that is asked.
    let sources: [SettingsSource]

    /// What an operator should look at, though it can be run: misspelled keys, and values that do not count. One line each, without values.
    public let warnings: [String]

    /// Reads the process environment and environment files of lines `KEY=value`.
    ///
    /// Files are read as shells and docker compose do where these agree; `docs/configuration.md` tells the rest.
    ///
    /// - Parameters:
    ///   - files: The files, of which each must exist. `nil`: those that `MLSERVING_ENV_FILES` names, separated by colons, else
    ///     `variables.env` in the working directory if there is one.
    ///   - origin: What named the files, such as an option: errors about a file, and about none of its keys, are about that.
    ///   - overrides: Values that come before all others, such as those of command-line options.
    ///   - keys: The keys that the program knows. Others that are similar to one of these are told in ``warnings``.
    /// - Throws: ``ConfigurationError`` when a file cannot be read, or has a line that is no setting; and when a known variable of the
    ///   environment is not UTF-8.
    public init(
        files: [String]? = nil, namedBy origin: String = filesKey, overrides: [String: String] = [:], keys: [SettingKey] = SettingKey.all
    ) async throws(ConfigurationError) {
        let environment = ProcessEnvironment.read()
        let names = Set(keys.flatMap(\.names))
        if let key = environment.malformed.first(where: { names.contains($0) }) {
            throw ConfigurationError(key: key, message: "the value in the environment is not UTF-8")
        }
        let variables = SettingsSource(values: environment.values)
        let named = files ?? variables.text(evenIfEmpty: Self.filesKey)?.split(separator: ":").map(String.init)
        var read: [EnvironmentFile] = []
        if let named {
            for path in named { read.append(try EnvironmentFile(path: path, origin: origin)) }
        } else if let file = try EnvironmentFile(pathIfPresent: "variables.env") {
            read.append(file)
        }
        sources = [SettingsSource(values: overrides), variables] + read.map { SettingsSource($0) }
        warnings = SettingKeyCheck(keys: keys).warnings(environment: variables, files: read)
    }

    /// Reads given values only, as a test does.
    public init(values: [String: String]) {
        sources = [SettingsSource(values: values)]
        warnings = []
    }

    // MARK: Values

    /// A text, without quotes around it; `nil` when there is none.
    public func string(_ key: String) -> String? {
        value(key)?.text
    }

    private func value(_ key: String) -> SettingsSource.Value? {
        sources.lazy.compactMap { $0[key] }.first
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
        guard let number = Int(decimal: value), range.contains(number) else {
            let bounds = range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            throw malformed(key, value, expected: "a whole number \(bounds)")
        }
        return number
    }

    /// A number.
    public func double(_ key: String, default fallback: Double, in range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
        guard let value = string(key) else { return fallback }
        guard let number = Double(decimal: value), range.contains(number) else {
            throw malformed(key, value, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off`, in any case.
    public func flag(_ key: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
        guard let value = string(key) else { return fallback }
        switch value.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw malformed(key, value, expected: "1, true, yes, on, 0, false, no or off")
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

    /// A time in seconds, with or without fractions, from a millisecond to a thousand million seconds.
    public func seconds(_ key: String, default fallback: Duration) throws(ConfigurationError) -> Duration {
        guard let value = string(key) else { return fallback }
        guard let duration = Double(decimal: value).flatMap({ Duration(secondsOfWait: $0) }) else {
            throw malformed(key, value, expected: "a number of seconds from 0.001 to 1000000000")
        }
        return duration
    }

    /// A positive time in whole milliseconds, up to a thousand million seconds.
    public func milliseconds(_ key: String, default fallback: Duration) throws(ConfigurationError) -> Duration {
        guard let value = string(key) else { return fallback }
        guard let milliseconds = Int64(decimal: value), (1...1_000_000_000_000).contains(milliseconds) else {
            throw malformed(key, value, expected: "a whole number of milliseconds from 1 to 1000000000000")
        }
        return .milliseconds(milliseconds)
    }

    /// Servers, as `(host:port host:port …)`; one of them may stand without parentheses.
    public func nodes(_ key: String, default fallback: [ServerNode]) throws(ConfigurationError) -> [ServerNode] {
        guard let value = string(key) else { return fallback }
        do throws(ServerNodeList.Failure) {
            return try ServerNodeList(value, key: key).nodes
        } catch {
            throw self.error(key, error.reason)
        }
    }

    // MARK: Errors

    /// An error that tells where the value stands, too.
    func error(_ key: String, _ message: String) -> ConfigurationError {
        let place = value(key)?.place.map { " (\($0))" } ?? ""
        return ConfigurationError(key: key, message: message + place)
    }

    private func malformed(_ key: String, _ value: String, expected: String) -> ConfigurationError {
        let isSecret = SettingKey.all.contains { $0.isSecret && $0.name == key }
        return error(key, isSecret ? "the value is not \(expected)" : "\(value.shown) is not \(expected)")
    }
}

extension String {
    /// The value of a setting for an error about it, in quotes; of what may have a password in it only that it is not shown.
    var shown: String { mayHoldPassword ? "the value, which is not shown as it may have a password in it," : "\"\(shortened)\"" }

    /// Whether it looks like an address with a user, or a line of parameters: what was meant for another key.
    var mayHoldPassword: Bool {
        let text = lowercased()
        return ["://", "@", "%40", "%3a%2f%2f", "passw"].contains { text.contains($0) }
    }

    /// The beginning of a long text, in one line.
    private var shortened: String {
        let line = String(String.UnicodeScalarView(unicodeScalars.prefix(100).map { $0.properties.generalCategory == .control ? "�" : $0 }))
        return unicodeScalars.count > 100 ? line + "…" : line
    }
}
