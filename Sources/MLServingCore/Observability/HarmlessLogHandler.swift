package import Logging

/// Escapes and bounds whatever is logged, and hands it on: ids, headers, names and messages of errors come from other programs, and would forge
/// lines of the log or control the terminal that shows it.
///
/// Every logger that consumers, clients and transports are given is wrapped in one, so no line can leave without.
struct HarmlessLogHandler: LogHandler {
    private var base: any LogHandler

    init(_ base: any LogHandler) {
        self.base = base
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(event.message.description.harmless())"
        event.metadata = event.metadata.map(Self.harmless)
        if let error = event.error {
            event.error = nil
            event.metadata = (event.metadata ?? [:]).merging(["error": "\("\(error)".harmless())"]) { _, new in new }
        }
        base.log(event: event)
    }

    private static func harmless(_ metadata: Logger.Metadata) -> Logger.Metadata {
        Logger.Metadata(metadata.map { ($0.key.harmless(maximumLength: 200), harmless($0.value)) }) { first, _ in first }
    }

    private static func harmless(_ value: Logger.MetadataValue) -> Logger.MetadataValue {
        switch value {
        case .string(let text): .string(text.harmless())
        case .stringConvertible(let value): .string(value.description.harmless())
        case .array(let values): .array(values.prefix(100).map(harmless))
        case .dictionary(let values): .dictionary(harmless(values))
        }
    }

    // MARK: The base's own

    var metadataProvider: Logger.MetadataProvider? {
        get { base.metadataProvider }
        set { base.metadataProvider = newValue }
    }

    /// What is added for all lines is escaped here, because the base adds it by itself.
    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue.map(Self.harmless) }
    }

    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = Self.harmless(newValue) }
    }

    var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }
}

extension Logger {
    /// The logger, with everything escaped and bounded that it is given.
    package var harmless: Logger {
        if handler is HarmlessLogHandler { return self }
        var copy = self
        copy.handler = HarmlessLogHandler(handler)
        return copy
    }
}
