public import Logging
public import MLServing

/// Where programs log to: standard error, or the file that `LOG_FILE` names, as lines of text or of JSON as `LOG_FORMAT` says.
public enum ProgramLog {
    /// A logger at the level that `LOG_LEVEL` says, that has told what is odd about the configuration.
    ///
    /// - Parameters:
    ///   - label: What the lines are labelled with.
    ///   - reader: Where the settings are read from.
    ///   - level: The level when nothing is said.
    /// - Throws: `ConfigurationError` when the level or the format is none, or the file cannot be written.
    public static func logger(_ label: String, reader: SettingsReader, default level: Logger.Level) throws -> Logger {
        let make = try handlers(reader: reader, default: level)
        let logger = Logger(label: label, factory: make)
        tellOddities(of: reader, to: logger)
        return logger
    }

    /// The same for all loggers of the process.
    public static func bootstrap(_ label: String, reader: SettingsReader, default level: Logger.Level) throws -> Logger {
        LoggingSystem.bootstrap(try handlers(reader: reader, default: level))
        let logger = Logger(label: label)
        tellOddities(of: reader, to: logger)
        return logger
    }

    /// What makes the handlers of a process, all of which write to one destination.
    private static func handlers(
        reader: SettingsReader, default level: Logger.Level
    ) throws(ConfigurationError) -> @Sendable (String) -> any LogHandler {
        let level = try reader.choice("LOG_LEVEL", default: level)
        let format = try reader.choice("LOG_FORMAT", default: LogFormat.text)
        let file = try LogFile(from: reader)
        return { label in
            ProgramLogHandler(label: label, logLevel: level, format: format) { line in
                if let file { file.append(line) } else { StandardError.write(line) }
            }
        }
    }

    /// Also where a program logs nothing by default, unless `LOG_LEVEL` says so.
    private static func tellOddities(of reader: SettingsReader, to logger: Logger) {
        var logger = logger
        if reader.string("LOG_LEVEL") == nil { logger.logLevel = min(logger.logLevel, .warning) }
        for warning in reader.warnings { logger.warning("\(warning)") }
    }
}
