import Foundation

/// Runs another program to its end and returns what it wrote to its standard output.
enum CommandLineTool {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter input: Given to the program through a file, so that neither side can wait for the other.
    static func run(_ program: String, _ arguments: [String], input: String = "") throws -> String {
        let directory = try TemporaryDirectory()
        let inputPath = try directory.write(Array(input.utf8), to: "input")
        let outputPath = try directory.write([], to: "output")
        let errorPath = try directory.write([], to: "error")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: inputPath))
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: outputPath))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: errorPath))
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let complaint = try String(contentsOfFile: errorPath, encoding: .utf8)
            throw Failure(
                description: "\(program) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus): \(complaint)")
        }
        return String(decoding: try Data(contentsOf: URL(filePath: outputPath)), as: UTF8.self)
    }
}
