import EventLoop
import MLServingCore

extension TransportConformance {
    /// For transports that have a directory.
    static let directoryChecks: [Check] = [
        Check(description: "shows announcements until they end or are withdrawn") { makeTransport, _ in
            let (writer, reader) = (try await makeTransport(), try await makeTransport())
            guard let writing = writer.directory, let reading = reader.directory else { return }
            try await withTransports(writer, reader) {
                let names = (0..<3).map { uniqueName("announced\($0)") }
                func found() async throws -> [DirectoryEntry] {
                    try await reading.entries().filter { names.contains($0.name) }.sorted { $0.name < $1.name }
                }
                try await writing.enter([DirectoryEntry(name: names[0], value: [1])], timeToLive: .milliseconds(300))
                let lasting = [DirectoryEntry(name: names[1], value: [2]), DirectoryEntry(name: names[2], value: [0, 255])]
                try await writing.enter(lasting, timeToLive: .seconds(60))
                try require(try await Set(found()).isSuperset(of: lasting), "what lasts has to be shown")
                try await reader.executor.sleep(for: .milliseconds(400))
                var shown = try await found()
                try require(shown == lasting.sorted { $0.name < $1.name }, "what has ended must not be shown, showed \(shown)")
                let renewed = DirectoryEntry(name: names[1], value: [3])
                try await writing.enter([renewed], timeToLive: .seconds(60))
                try await writing.withdraw([names[2], uniqueName("missing")])
                shown = try await found()
                try require(shown == [renewed], "the renewed one has its last value, the withdrawn one is not shown, showed \(shown)")
                let large = DirectoryEntry(name: names[0], value: Array(repeating: 1, count: DirectoryEntry.maximumByteCount + 1))
                try await writing.enter([large], timeToLive: .seconds(60))
                shown = try await found()
                try require(shown == [renewed], "a value that is too large must not be shown")
                try await writing.withdraw(names)
            }
        }
    ]
}
