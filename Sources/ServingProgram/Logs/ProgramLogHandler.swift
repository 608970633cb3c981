internal import Logging

/// Writes each event as one line.
struct ProgramLogHandler: LogHandler {
    let label: String
    var logLevel: Logger.Level
    let format: LogFormat
    /// Takes a line with its end.
    let write: @Sendable ([UInt8]) -> Void

    var metadata = Logger.Metadata()
    var metadataProvider: Logger.MetadataProvider?

    init(label: String, logLevel: Logger.Level, format: LogFormat, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.label = label
        self.logLevel = logLevel
        self.format = format
        self.write = write
        metadataProvider = LoggingSystem.metadataProvider
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var metadata = metadata
        if let provided = metadataProvider?.get() { metadata.merge(provided) { _, new in new } }
        if let own = event.metadata { metadata.merge(own) { _, new in new } }
        if let error = event.error { metadata["error"] = "\(error)" }
        let line = LogLine(
            time: .now, level: event.level, label: label, source: event.source, message: event.message.description, metadata: metadata)
        write(line.bytes(in: format))
    }
}
