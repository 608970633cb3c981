import MLServingCore

extension AnswerPolicy {
    /// Where a consumer sends answers.
    static func read(from reader: SettingsReader) throws(ConfigurationError) -> AnswerPolicy {
        func texts(_ key: String) -> [String] {
            (reader.string(key) ?? "").split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
        }
        let (first, others) = (reader.string("RESULT_PREFIX") ?? "mlserving", texts("RESULT_PREFIXES"))
        for (key, prefixes) in [("RESULT_PREFIX", [first]), ("RESULT_PREFIXES", others)] {
            for prefix in prefixes { try refuseImpossible(prefix, of: key, reader) }
        }
        return AnswerPolicy(keyPrefixes: [first] + others, replyQueues: texts("REPLY_QUEUES"))
    }

    /// A prefix stands before the hash tag of a producer and in patterns, and must lead nowhere but to results.
    private static func refuseImpossible(_ prefix: String, of key: String, _ reader: SettingsReader) throws(ConfigurationError) {
        let isPlain = prefix.unicodeScalars.allSatisfy { character in
            let isMark = ".:-_/@+=,;!~&|#%$".unicodeScalars.contains(character)
            return character.properties.isAlphabetic || character.properties.numericType != nil || isMark
        }
        guard isPlain, prefix.utf8.count <= 200 else {
            let expected = "expected at most 200 letters, digits, points, colons, hyphens and underscores"
            throw reader.error(key, "\(prefix.shown) cannot begin keys; \(expected)")
        }
        if isReserved(prefix: prefix) || prefix.hasPrefix("celery-task-meta-") {
            throw reader.error(key, "\"\(prefix)\" is what other keys than results begin with; expected another prefix")
        }
    }
}
