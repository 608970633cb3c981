internal import ArgumentParser
internal import ServingProgram

/// Clusters short texts by what they mean.
struct ShortTextsClustering: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "short-texts-clustering",
        abstract: "Clusters short texts by what they mean, as an HTTP service.",
        subcommands: [Serve.self, Show.self],
        defaultSubcommand: Serve.self
    )
}

@main
enum ShortTextsClusteringProgram {
    static func main() async {
        await Program.main(ShortTextsClustering.self, name: "short-texts-clustering")
    }
}
