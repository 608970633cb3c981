internal import ArgumentParser

/// Clusters short texts by what they mean.
@main
struct ShortTextsClustering: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "short-texts-clustering",
        abstract: "Clusters short texts by what they mean, as an HTTP service.",
        subcommands: [Serve.self, Show.self],
        defaultSubcommand: Serve.self
    )
}
