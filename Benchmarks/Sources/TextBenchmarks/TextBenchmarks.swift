import ArgumentParser

@main
struct TextBenchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "text-benchmarks",
        abstract: "Measure text models. Prints what Benchmarks/texts/compare.py reads.",
        subcommands: [Rate.self, Open.self, Cluster.self]
    )
}
