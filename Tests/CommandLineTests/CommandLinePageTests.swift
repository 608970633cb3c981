import ArgumentParser
import Foundation
import Testing

@testable import mlserving

@Suite("Command line page")
struct CommandLinePageTests {
    @Test func commandsAreThoseThatAreDescribed() throws {
        let page = URL(filePath: #filePath).appending(path: "../../../docs/command-line.md").standardizedFileURL
        let text = try String(contentsOf: page, encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `mlserving ") }
        let documented = Set(rows.flatMap { $0.matches(of: /`mlserving ([a-z-]+)/).map { String($0.1) } })
        #expect(documented == Set(MLServingCommand.configuration.subcommands.compactMap { $0.configuration.commandName }))
    }
}
