import Foundation
import Testing

/// The articles of the documentation catalogue have the code that is compiled, and run as far as it needs no servers, beside this file.
@Suite("Articles")
struct ArticleTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    private static let catalogue = folder.appending(path: "../../../Sources/MLServing/MLServing.docc").standardizedFileURL

    @Test func codeOfArticlesIsCompiled() throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.catalogue, includingPropertiesForKeys: nil)
        let articles = files.filter { $0.pathExtension == "md" }
        #expect(articles.count > 1)
        for article in articles {
            let written = Self.passages(of: try Self.lines(of: article), from: "```swift", to: "```").map(Self.withoutImports)
            guard !written.isEmpty else { continue }
            let name = article.deletingPathExtension().lastPathComponent
            let source = Self.folder.appending(path: name + ".swift")
            let compiled = Self.passages(of: try Self.lines(of: source), from: "// begin", to: "// end")
            #expect(written == compiled, "the code of \(article.lastPathComponent) and \(source.lastPathComponent) differs")
        }
    }

    private static func lines(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
    }

    /// The lines between each pair of markers, without the indentation of the first marker.
    private static func passages(of lines: [String], from begin: String, to end: String) -> [[String]] {
        var passages: [[String]] = []
        var open: (indentation: Int, lines: [String])?
        for line in lines {
            let text = line.trimmingCharacters(in: .whitespaces)
            if open == nil, text == begin {
                open = (line.prefix { $0 == " " }.count, [])
            } else if let passage = open, text == end {
                passages.append(passage.lines)
                open = nil
            } else if let passage = open {
                open?.lines.append(String(line.dropFirst(passage.indentation)))
            }
        }
        return passages
    }

    /// Imports stand at the head of a file, outside of the passages of sources.
    private static func withoutImports(_ lines: [String]) -> [String] {
        Array(lines.drop { $0.isEmpty || $0.hasPrefix("import ") })
    }
}
