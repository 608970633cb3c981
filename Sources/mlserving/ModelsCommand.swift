import ArgumentParser
import JSON
import MLServing

struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models that are served, and by which processes.",
        discussion: """
            Consumers announce their models in Redis when they are ready, and until they end; those in queue mode (QUEUE_ONLY=1) do not.

            mlserving models --json | jq -r .name

            \(CommandHelp.environment(.producers))
            """
    )

    @OptionGroup var serving: ServingOptions

    @Flag(help: "Print a JSON object for each model, one a line.")
    var json = false

    func run() async throws {
        let models = try await serving.withModelClient("models") { client, _ in try await client.models() }
        if json {
            for model in models { try StandardOutput.print(model.json.text) }
        } else if !models.isEmpty {
            var table = TextTable(alignments: [.left, .right, .left, .left])
            for model in models { table.append(model.row) }
            try StandardOutput.print(table.text(header: AnnouncedModel.columns))
        }
        StandardError.print("\(models.count == 1 ? "1 model is" : "\(models.count) models are") announced")
    }
}

extension AnnouncedModel {
    static let columns = ["MODEL", "HOSTS", "MACHINES", "SUMMARY"]

    /// What is printed, in the order of the columns.
    var row: [String] {
        let machines = Set(hosts.map(\.machine)).sorted().joined(separator: " ")
        return ["\(address)", "\(hosts.count)", machines, description.summary ?? "-"].map(\.printable)
    }

    /// All that is known.
    var json: JSONValue {
        func value(_ text: String?) -> JSONValue { text.flatMap { try? JSONReader().read(Array($0.utf8)[...]) } ?? .null }
        return .members([
            ("name", .string(address.name)),
            ("version", .init(address.version)),
            ("queue", .string(address.queue)),
            ("content_types", .array(contentTypes.map { .string($0) })),
            ("summary", .init(description.summary)),
            ("input_schema", value(description.inputSchema)),
            ("output_schema", value(description.outputSchema)),
            ("example", value(description.example)),
            ("hosts", .array(hosts.map(\.json))),
        ])
    }
}

extension AnnouncedModel.Host {
    fileprivate var json: JSONValue {
        .members([
            ("id", .string(id)),
            ("machine", .string(machine)),
            ("process", .integer(processID)),
            ("since", .string(UnixTime(milliseconds: since).description)),
        ])
    }
}
