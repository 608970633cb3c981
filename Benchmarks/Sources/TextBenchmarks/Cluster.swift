import ArgumentParser
import FoundationEssentials
import TextModels

/// Clusters the vectors of a file, and prints how long that took and the peak of memory. Labels go to another file.
struct Cluster: ParsableCommand {
    @Argument(help: "32-bit floats, one vector after the other.")
    var vectors: String
    @Argument var dimension: Int
    @Argument(help: "complete, average, single or ward.")
    var linkage: String
    @Argument(help: "cosine or euclidean.")
    var metric: String
    @Argument(help: "How many clusters.")
    var clusters: Int
    @Argument var labels: String

    func run() throws {
        let linkages: [String: AgglomerativeClustering.Linkage] = [
            "complete": .complete, "average": .average, "single": .single, "ward": .ward,
        ]
        let clustering = try AgglomerativeClustering(
            linkage: linkages[linkage] ?? .complete, metric: metric == "cosine" ? .cosine : .euclidean, cut: .clusters(clusters),
            maximumCount: .max)
        let rows = try read()
        let start = Clock.now
        let labels = try clustering.labels(of: rows)
        print(Clock.now - start, Memory.peak)
        try Data(labels.map { "\($0)\n" }.joined().utf8).write(to: URL(filePath: self.labels))
    }

    private func read() throws -> [[Float]] {
        let bytes = try Data(contentsOf: URL(filePath: vectors))
        return bytes.withUnsafeBytes { bytes in
            let values = bytes.bindMemory(to: Float.self)
            return stride(from: 0, to: values.count, by: dimension).map { Array(values[$0..<$0 + dimension]) }
        }
    }
}
