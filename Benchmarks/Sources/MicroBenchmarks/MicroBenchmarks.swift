import ArgumentParser
import FoundationEssentials

@main
struct MicroBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "micro-benchmarks",
        abstract: "Measure parts of MLServing without servers."
    )

    @Option(help: "How many runs each figure is the median of.")
    var repetitions = 7

    @Option(help: "How many requests a run of round trips makes.")
    var requests = 20_000

    @Option(help: "Only groups whose name contains this: encode, decode, tensor, record, list, batch former, round trip.")
    var filter: String?

    @Flag(help: "Print JSON, one object a line.")
    var json = false

    func validate() throws {
        guard repetitions > 0, requests >= 512 else { throw ValidationError("--repetitions must be positive, --requests at least 512.") }
    }

    func run() async throws {
        let stopwatch = Stopwatch(repetitions: repetitions)
        var measurements: [Measurement] = []
        if wants("encode", "decode") { measurements += try CodecBenchmarks.run(stopwatch) }
        if wants("tensor") { measurements += try TensorBenchmarks.run(stopwatch) }
        if wants("record", "list") { measurements += try RecordBenchmarks.run(stopwatch) }
        if wants("batch former") { measurements += BatchFormerBenchmarks.run(stopwatch) }
        if wants("round trip") { measurements += try await RoundTripBenchmarks(repetitions: repetitions, requests: requests).run() }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            for measurement in measurements { print(String(decoding: try encoder.encode(measurement), as: UTF8.self)) }
        } else {
            print(ResultTable(measurements).text)
        }
    }

    private func wants(_ groups: String...) -> Bool {
        guard let filter else { return true }
        return groups.contains { $0.contains(filter) }
    }
}
