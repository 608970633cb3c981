import MLServingCore

extension AnswerPolicy {
    /// Where a consumer sends answers.
    static func read(from reader: SettingsReader) throws(ConfigurationError) -> AnswerPolicy {
        func texts(_ key: String) -> [String] {
            (reader.string(key) ?? "").split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
        }
        let prefix = reader.string("RESULT_PREFIX") ?? "mlserving"
        for (key, prefixes) in [("RESULT_PREFIX", [prefix]), ("RESULT_PREFIXES", texts("RESULT_PREFIXES"))] {
            for prefix in prefixes where isReserved(prefix: prefix) {
                throw ConfigurationError(key: key, message: "\(prefix) is what the consumers' own keys begin with; choose another")
            }
        }
        return AnswerPolicy(keyPrefixes: [prefix] + texts("RESULT_PREFIXES"), replyQueues: texts("REPLY_QUEUES"))
    }
}
