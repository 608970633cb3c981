internal import Celery
internal import Glibc

extension CeleryConfiguration {
    /// How tasks of Celery are served; `nil`: not at all.
    static func read(from reader: SettingsReader) throws(ConfigurationError) -> CeleryConfiguration? {
        guard try reader.flag("CELERY", default: false) else { return nil }
        var configuration = CeleryConfiguration(workerName: reader.string("CELERY_WORKER_NAME") ?? "celery-\(getpid())@\(hostName)")
        if let tasks = reader.string("CELERY_TASKS") {
            configuration.tasks = Set(tasks.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init))
            guard !configuration.tasks.isEmpty else {
                throw reader.error("CELERY_TASKS", "names no task; expected names, separated by commas")
            }
        }
        configuration.resultBackend = try reader.choice("CELERY_RESULT_BACKEND", default: configuration.resultBackend)
        configuration.serializer = try reader.choice("CELERY_RESULT_SERIALIZER", default: configuration.serializer)
        configuration.keyPrefix = reader.string("CELERY_RESULT_PREFIX") ?? ""
        configuration.sendsTaskEvents = try reader.flag("CELERY_TASK_EVENTS", default: false)
        return configuration
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
