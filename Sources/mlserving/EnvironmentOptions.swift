import ArgumentParser
import MLServing

/// Where a command reads its settings from, besides its own options and the environment.
struct EnvironmentOptions: ParsableArguments {
    private static let option = "env-file"

    @Option(
        name: .customLong(option), help: "A file of lines KEY=value; may be given several times. (default: variables.env, if there)")
    var files: [String] = []

    /// Reads the settings.
    ///
    /// - Parameter overrides: What other options say, which comes first.
    func reader(overrides: [String: String]) async throws(ConfigurationError) -> SettingsReader {
        if files.isEmpty { return try await SettingsReader(overrides: overrides) }
        return try await SettingsReader(files: files, namedBy: "--" + Self.option, overrides: overrides)
    }
}
