import Foundation
import Testing

/// A program that runs beside the test.
struct TestProgram {
    private let process = Process()

    /// One of those that are built with the tests, which lie beside the test bundle.
    static func built(_ name: String, _ arguments: [String], queues: TestQueues, variables: [String: String] = [:]) -> TestProgram {
        let bundle = ProcessInfo.processInfo.arguments.first.map { URL(fileURLWithPath: $0) } ?? Bundle.main.bundleURL
        let url = bundle.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent(name)
        return TestProgram(url, arguments, variables: LiveServers.variables(queues).merging(variables) { $1 })
    }

    /// One of the Python programs beside these tests.
    static func python(_ name: String, _ arguments: [String], queues: TestQueues, warnings: String = "error") -> TestProgram {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let script = directory.appending(path: "Programs/\(name).py").path(percentEncoded: false)
        let variables = LiveServers.variables(queues).merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        return TestProgram(URL(fileURLWithPath: LiveServers.python ?? ""), ["-W", warnings, script] + arguments, variables: variables)
    }

    private init(_ url: URL, _ arguments: [String], variables: [String: String]) {
        process.executableURL = url
        process.arguments = arguments
        process.environment = variables
        process.standardInput = FileHandle.nullDevice
    }

    /// Runs the program to its end and expects that it succeeds.
    @discardableResult
    func succeed(sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        let (status, text) = try await end()
        #expect(status == 0, "\(text)", sourceLocation: sourceLocation)
        return text
    }

    /// Runs the program to its end, whatever that is.
    func end() async throws -> (status: Int32?, text: String) {
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let (end, status) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { status.yield($0.terminationStatus) }
        try process.run()
        let texts = Self.texts(of: output)
        let text = await withTaskCancellationHandler {
            await texts.reduce("") { $0 + $1 }
        } onCancel: {
            process.terminate()
        }
        return (await end.first { _ in true }, text)
    }

    /// Runs the program, a consumer, while `body` runs, which begins when the consumer is ready.
    func serve<Outcome>(_ body: () async throws -> Outcome) async throws -> Outcome {
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let (end, status) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { status.yield($0.terminationStatus) }
        try process.run()
        var seen = ""
        for await text in Self.texts(of: output) {
            seen += text
            if seen.contains("consumer ready") { break }
        }
        defer { process.terminate() }
        try #require(seen.contains("consumer ready"), "the consumer ended: \(seen)")
        let outcome = try await body()
        process.terminate()
        _ = await end.first { _ in true }
        return outcome
    }

    /// What the program writes. It is read to the end even if nobody looks any more, or the program would stop writing.
    private static func texts(of pipe: Pipe) -> AsyncStream<String> {
        let (texts, continuation) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingNewest(1_024))
        Thread.detachNewThread {
            while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
                continuation.yield(String(decoding: data, as: UTF8.self))
            }
            continuation.finish()
        }
        return texts
    }
}
