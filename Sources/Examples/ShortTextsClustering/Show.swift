internal import ArgumentParser
internal import FoundationEssentials
internal import ServingProgram
internal import TextClusteringService

/// Prints clusters as somebody reads them.
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print texts by their clusters.",
        discussion: """
            short-texts-clustering show --texts request.json --clusters answer.json

            \(ExitCode.meanings)
            """
    )

    @Option(help: ArgumentHelp("The request: a JSON object of id and text.", valueName: "file"))
    var texts: String

    @Option(help: ArgumentHelp("The answer: a JSON object of label and ids.", valueName: "file"))
    var clusters: String

    @Option(help: ArgumentHelp("How long the answer took, for the heading.", valueName: "s"))
    var seconds: DecimalNumber?

    func validate() throws {
        guard (0...1e9).contains(seconds?.value ?? 0) else { throw ValidationError("--seconds must be between 0 and 1000000000.") }
    }

    func run() async throws {
        do {
            let report = ClusterReport(
                of: try TextCollection(json: try contents(of: texts)),
                in: try TextClusters(json: try contents(of: clusters)),
                after: seconds.map { .seconds($0.value) }
            )
            try StandardOutput.write(Array("\(report)".utf8))
        } catch let error as TextCollectionError {
            throw ProgramError(.dataError, error.message)
        }
    }

    private func contents(of path: String) throws -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw ProgramError(.noInput, "the file \(path) cannot be read")
        }
    }
}
