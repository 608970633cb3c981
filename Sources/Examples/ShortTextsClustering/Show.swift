internal import ArgumentParser
internal import FoundationEssentials
internal import Logging
internal import TextClusteringService

/// Prints clusters as somebody reads them.
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print texts by their clusters.",
        discussion: "Exit status: 0, 64 wrong usage, 65 a file does not hold what is asked for, 66 a file cannot be read."
    )

    @Option(help: ArgumentHelp("The request: a JSON object of id and text.", valueName: "file"))
    var texts: String

    @Option(help: ArgumentHelp("The answer: a JSON object of label and ids.", valueName: "file"))
    var clusters: String

    @Option(help: ArgumentHelp("How long the answer took, for the heading.", valueName: "s"))
    var seconds: Double?

    func run() async throws {
        do {
            let report = ClusterReport(
                of: try TextCollection(json: try contents(of: texts)),
                in: try TextClusters(json: try contents(of: clusters)),
                after: seconds.map { .seconds($0) }
            )
            print(report, terminator: "")
        } catch let error as TextCollectionError {
            Logger(label: "short-texts-clustering").critical("\(error.message)")
            throw ExitStatus.malformedData
        }
    }

    private func contents(of path: String) throws -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: URL(filePath: path)))
        } catch {
            Logger(label: "short-texts-clustering").critical("the file \(path) cannot be read")
            throw ExitStatus.noInput
        }
    }
}
