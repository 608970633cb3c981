import Foundation
import Testing

@Suite("MessageHeader")
struct MessageHeaderTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL

    private static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    @Test func everyHeaderIsOnAPage() throws {
        let source = try Self.text(of: "Sources/MLServingCore/Messages/MessageHeader.swift")
        let names = source.matches(of: /public static let [a-zA-Z]+ = "([A-Za-z-]+)"/).map { String($0.1) }
        #expect(names.count > 10)
        let pages = try Self.text(of: "docs/architecture.md") + Self.text(of: "docs/dead-letters.md")
        for name in names { #expect(pages.contains("`\(name)`"), "\(name) is not described") }
    }
}
