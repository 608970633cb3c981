import Foundation
import JSON
import Testing

@testable import MLServingCore

@Suite("ErrorTable")
struct ErrorTableTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL

    private static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    @Test func eachCodeHasOneRow() throws {
        let source = try Self.text(of: "Sources/MLServingCore/Errors/ServingError.swift")
        let codes = source.matches(of: /static let [a-zA-Z]+ = Code\(rawValue: "([a-z_]+)"\)/).map { String($0.1) }
        #expect(codes.count > 10)
        #expect(ErrorTable.rows.map(\.code.rawValue).sorted() == codes.sorted())
        for row in ErrorTable.rows { #expect(row.code.row == row) }
    }

    // MARK: For other languages

    @Test func rowsAreThoseOfTheFile() throws {
        let file = try JSONReader().read(Array(Self.text(of: "Tests/Vectors/errors.json").utf8)[...])
        guard case .array(let rows)? = file["rows"] else { throw Missing() }
        #expect(rows.map { $0["code"] } == ErrorTable.rows.map { .string($0.code.rawValue) })
        for (written, row) in zip(rows, ErrorTable.rows) { #expect(written == Self.json(of: row)) }
        #expect(file["other"] == Self.json(of: Self.otherCode.row, isOther: true))
    }

    private static func json(of row: ErrorRow, isOther: Bool = false) -> JSONValue {
        let code = JSONValue.Member("code", .string(row.code.rawValue))
        let openAICode = JSONValue.Member("code", .string(row.openAICode))
        return .object(
            (isOther ? [] : [code]) + [
                .init("exit", .integer(row.exitCode)), .init("http", .integer(row.httpStatus)),
                .init("grpc", .object([.init("number", .integer(row.grpcStatus.number)), .init("name", .string(row.grpcStatus.name))])),
                .init("openai", .object([.init("type", .string(row.openAIType))] + (isOther ? [] : [openAICode]))),
                .init("graphql", .string(row.graphQLCode)), .init("python", .string(row.pythonClass)),
                .init("retryable", .bool(row.isRetryable)), .init("dead_letter", .bool(row.restsWithDeadLetters)),
                .init("meaning", .string(row.meaning)), .init("advice", .string(row.advice)),
            ])
    }

    // MARK: For users

    @Test func pageHasTheRows() throws {
        let lines = try Self.text(of: "docs/errors.md").split(separator: "\n").filter { $0.hasPrefix("| `") || $0.hasPrefix("| any") }
        let rows = ErrorTable.rows.map { ("`\($0.code)`", $0) } + [("any other", Self.otherCode.row)]
        let meanings = rows.map { name, row in "| \(name) | \(row.meaning) | \(row.advice) |" }
        let statuses = rows.map { name, row in
            let cells = [
                name, "\(row.exitCode)", "\(row.httpStatus)", "\(row.grpcStatus.number) `\(row.grpcStatus)`", "`\(row.openAIType)`",
                "`\(row.graphQLCode)`", "`\(row.pythonClass)`", row.isRetryable ? "yes" : "no", row.restsWithDeadLetters ? "yes" : "no",
            ]
            return "| \(cells.joined(separator: " | ")) |"
        }
        #expect(lines.count == meanings.count + statuses.count)
        for (line, row) in zip(lines, meanings + statuses) { #expect(line == row) }
    }

    // MARK: Codes of predictors

    private static let otherCode = ServingError.Code(rawValue: "out_of_vocabulary")

    @Test func codeOfAPredictorIsAFailedPrediction() {
        let row = Self.otherCode.row
        let known = ServingError.Code.predictionFailed.row
        #expect(row.code == Self.otherCode && row.openAICode == "out_of_vocabulary" && row.pythonClass == "ServingError")
        #expect((row.exitCode, row.httpStatus, row.grpcStatus) == (known.exitCode, known.httpStatus, known.grpcStatus))
        #expect((row.openAIType, row.graphQLCode) == (known.openAIType, known.graphQLCode))
        #expect((row.isRetryable, row.restsWithDeadLetters) == (known.isRetryable, known.restsWithDeadLetters))
    }

    private struct Missing: Error {}
}
