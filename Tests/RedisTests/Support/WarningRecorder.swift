import Logging
import Synchronization

/// Takes a client's log, and tells when it first warned.
final class WarningRecorder: Sendable {
    private let first = TestPromise<String>()
    private let texts = Mutex<[String]>([])
    private let warned = Mutex<[String]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

    /// Everything that was logged so far.
    var text: String { texts.withLock { $0.joined(separator: "\n") } }

    /// The warnings among it.
    var warnings: [String] { warned.withLock { $0 } }

    /// Waits for the first warning.
    func waitForWarning() async throws {
        _ = try await first.value
    }

    private func record(level: Logger.Level, text: String) {
        texts.withLock { $0.append(text) }
        if level >= .warning {
            warned.withLock { $0.append(text) }
            first.finish(.success(text))
        }
    }

    private struct Handler: LogHandler {
        let recorder: WarningRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            recorder.record(level: event.level, text: "\(event.message) \(event.metadata ?? [:])")
        }
    }
}
