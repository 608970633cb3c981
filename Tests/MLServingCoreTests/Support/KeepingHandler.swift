import Logging

/// Keeps lines as a plain handler would write them.
struct KeepingHandler: LogHandler {
    let lines: Recorded<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        lines.append("\(event.message) " + all.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
    }
}
