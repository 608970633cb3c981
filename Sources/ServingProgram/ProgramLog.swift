public import Logging
public import MLServing

/// Where programs log to.
public enum ProgramLog {
    /// A logger to standard error, at the level that `LOG_LEVEL` says, that has told what is odd about the configuration.
    ///
    /// - Parameter level: The level when nothing is said.
    /// - Throws: `ConfigurationError` when the level is none.
    public static func logger(_ label: String, reader: SettingsReader, default level: Logger.Level) throws -> Logger {
        var logger = Logger(label: label, factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = try reader.choice("LOG_LEVEL", default: level)
        tellOddities(of: reader, to: logger)
        return logger
    }

    /// The same for all loggers of the process.
    public static func bootstrap(_ label: String, reader: SettingsReader, default level: Logger.Level) throws -> Logger {
        let level = try reader.choice("LOG_LEVEL", default: level)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: label)
        tellOddities(of: reader, to: logger)
        return logger
    }

    /// Also where a program logs nothing by default, unless `LOG_LEVEL` says so.
    private static func tellOddities(of reader: SettingsReader, to logger: Logger) {
        var logger = logger
        if reader.string("LOG_LEVEL") == nil { logger.logLevel = min(logger.logLevel, .warning) }
        for warning in reader.warnings { logger.warning("\(warning)") }
    }
}
