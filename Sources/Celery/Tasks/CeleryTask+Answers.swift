internal import MLServingCore

/// What the application gets.
extension CeleryTask {
    /// What a state begins with that is not the last. The status comes first in what Celery writes, too.
    private static let retryPrefixes: [CeleryConfiguration.Serializer: [UInt8]] = [
        .json: Array(#"{"status": "RETRY""#.utf8),
        .pickle: pickledPrefix,
    ]

    /// The bytes that all pickles of such a state have in common: two of them differ after their status only.
    private static let pickledPrefix: [UInt8] = {
        let states = ["a", "b"].map { CeleryValue.dictionary([("status", .string("RETRY")), ($0, .null)]) }
        let pickles = states.compactMap { try? $0.pickled() }
        guard pickles.count == 2 else { return [] }
        return Array(zip(pickles[0], pickles[1]).prefix { $0 == $1 }.map(\.0).dropLast(2))
    }()

    private var retryPrefix: [UInt8] { Self.retryPrefixes[configuration.serializer] ?? [] }

    func isFinal(_ stored: [UInt8]) -> Bool {
        !stored.starts(with: retryPrefix)
    }

    func answer(to outcome: ResultRecord.Outcome, unixMilliseconds: Int64) -> ForeignAnswer {
        let done = CeleryDate.text(ofMilliseconds: unixMilliseconds)
        switch outcome {
        case .success(let output):
            // An output that is no plain pickle cannot become a part of one.
            return answer(state: "SUCCESS", result: .encoded(output), done: done)
                ?? failure(ServingError(code: .invalidOutput, message: "the output is not plain data"), done: done)
        case .failure(let error):
            return failure(error, done: done)
        }
    }

    func answer(beforeRetryAfter error: ServingError, unixMilliseconds: Int64) -> ForeignAnswer? {
        answer(state: "RETRY", result: PythonException(error, task: name).value, done: nil)
    }

    private func failure(_ error: ServingError, done: String) -> ForeignAnswer {
        let exception = PythonException(error, task: name)
        let answer = answer(state: exception.isRevocation ? "REVOKED" : "FAILURE", result: exception.value, done: done)
        // Texts always encode.
        return answer ?? ForeignAnswer(body: [], contentType: outputCodec.contentType.rawValue, replacedPrefix: retryPrefix)
    }

    private func answer(state: String, result: CeleryValue, done: String?) -> ForeignAnswer? {
        var members: [(String, CeleryValue)] = [
            ("status", .string(state)), ("result", result), ("traceback", .null), ("children", .list([])), ("date_done", .string(done)),
        ]
        if let group = message.headers["group"]?.string { members.append(("group_id", .string(group))) }
        if let parent = message.headers["parent_id"]?.string { members.append(("parent_id", .string(parent))) }
        members.append(("task_id", .string(id)))
        let value = CeleryValue.dictionary(members)
        let body = configuration.serializer == .json ? value.json : try? value.pickled()
        return body.map { ForeignAnswer(body: $0, contentType: resultType, replacedPrefix: retryPrefix) }
    }

    private var resultType: String {
        configuration.serializer == .json ? ContentType.json.rawValue : ContentType.pythonSerialize.rawValue
    }
}
