import MLServingCore
import Testing

@testable import Celery

@Suite("CeleryTask")
struct CeleryTaskTests {
    private func task(
        _ body: String = #"[["text"], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]"#,
        name: String = "predict", headers: MessageHeaders = [:], serializer: CeleryConfiguration.Serializer = .json,
        backend: CeleryConfiguration.ResultBackend = .redis
    ) throws -> CeleryTask {
        var configuration = CeleryConfiguration(workerName: "celery@test")
        configuration.serializer = serializer
        configuration.resultBackend = backend
        let message = Message(
            body: Array(body.utf8), contentType: "application/json", contentEncoding: "utf-8", correlationID: "1", replyTo: "q",
            headers: MessageHeaders([("task", .string(name)), ("id", .string("1"))] + headers))
        let events = WorkerEvents(configuration)
        return try #require(CeleryTask(message, codecs: .standard, configuration: configuration, worker: events))
    }

    private func code(_ task: CeleryTask) -> String? {
        do {
            _ = try task.input()
            return nil
        } catch {
            return error.code.rawValue
        }
    }

    @Test(arguments: [#"[["text"], {}, {}]"#, #"[[], {"input": "text"}, {}]"#, #"[ [ "text" ] , { } , {"chain": []} ]"#])
    func oneArgumentIsTheInput(body: String) throws {
        #expect(try String(decoding: task(body).input(), as: UTF8.self) == #""text""#)
    }

    @Test(arguments: [
        (#"[[1, 2], {}, {}]"#, "invalid_arguments"), (#"[[], {}, {}]"#, "invalid_arguments"),
        (#"[[1], {"k": 2}, {}]"#, "invalid_arguments"),
        (#"[[], {"k": 2}, {}]"#, "invalid_arguments"), (#"[[1], {}, {"chain": [{"task": "t"}]}]"#, "unsupported_workflow"),
        (#"[[1], {}, {"callbacks": [{"task": "t"}]}]"#, "unsupported_workflow"), (#"[[1], {}]"#, "malformed_request"),
        (#"{"args": [1]}"#, "malformed_request"), ("", "malformed_request"), (#"[1, {}, {}]"#, "malformed_request"),
    ])
    func whatCannotBeServedSaysWhy(body: String, code: String) throws {
        #expect(try self.code(task(body)) == code)
    }

    @Test func unknownTaskIsNotRegistered() throws {
        let task = try task(name: "other")
        #expect(code(task) == "unknown_task")
        let error = ServingError(code: .unknownTask, message: "")
        let answer = String(decoding: task.answer(to: .failure(error), unixMilliseconds: 0).body, as: UTF8.self)
        #expect(
            answer == """
                {"status": "FAILURE", "result": {"exc_type": "NotRegistered", "exc_message": ["other"], "exc_module": "celery.exceptions"}, \
                "traceback": null, "children": [], "date_done": "1970-01-01T00:00:00.000000+00:00", "task_id": "1"}
                """)
    }

    @Test(arguments: CeleryConfiguration.Serializer.allCases)
    func onlyRetriesGiveWay(serializer: CeleryConfiguration.Serializer) throws {
        let task = try task(headers: ["group": .string("g")], serializer: serializer)
        let error = ServingError(code: .predictionFailed, message: "for now")
        let retry = try #require(task.answer(beforeRetryAfter: error, unixMilliseconds: 0))
        let success = try task.answer(to: .success(serializer == .json ? [0x31] : PickleCodec().encode(1)[...]), unixMilliseconds: 0)
        let failure = task.answer(to: .failure(error), unixMilliseconds: 0)
        #expect(!task.isFinal(retry.body))
        #expect(!success.replacedPrefix.isEmpty)
        #expect(retry.body.starts(with: success.replacedPrefix))
        for answer in [success, failure] { #expect(task.isFinal(answer.body)) }
    }

    /// One broadcast reaches all consumers.
    @Test func clockOfAnotherCannotOverflowOurs() {
        let events = WorkerEvents(CeleryConfiguration(workerName: "celery@test"))
        for clock in [Int64.max, .min, .max - 1, 1 << 62, .max] { #expect(events.tick(after: clock) > 0) }
        #expect(events.tick() <= (1 << 53) + 1)
        let fresh = WorkerEvents(CeleryConfiguration(workerName: "celery@test"))
        #expect(fresh.tick(after: 41) == 42 && fresh.tick() == 43)
    }

    @Test func namesThatNobodyServesAreNotKept() throws {
        let configuration = CeleryConfiguration(workerName: "celery@test")
        let events = WorkerEvents(configuration)
        for number in 0..<1_000 {
            let headers: MessageHeaders = ["task": .string(number == 0 ? "predict" : "made-up-\(number)"), "id": .string("\(number)")]
            let task = CeleryTask(Message(body: [], headers: headers), codecs: .standard, configuration: configuration, worker: events)
            try #require(task).notice(.received)
        }
        #expect(events.received == ["predict": 1])
    }

    @Test func absurdHeadersAreHarmless() throws {
        let headers: MessageHeaders = [
            "retries": .integer(.max), MessageHeader.attempt: .integer(.max), "expires": .string("9999-99-99"), "eta": .integer(.min),
        ]
        let task = try task(headers: headers)
        #expect(task.deadline == nil && task.notBefore == nil)
        #expect(task.retries == 2_000_000)
    }

    @Test func resultsGoWhereTheBackendLooks() throws {
        #expect(try task().destination == .store(key: "celery-task-meta-1"))
        #expect(try task(backend: .rpc).destination == .reply(queue: "q", correlationID: "1"))
        #expect(try task(headers: ["ignore_result": .bool(true)]).destination == nil)
    }

    @Test func messagesWithoutTaskAreNone() {
        let configuration = CeleryConfiguration(workerName: "celery@test")
        let message = Message(body: [1], headers: ["id": .string("1")])
        let isTask = CeleryTask(message, codecs: .standard, configuration: configuration, worker: WorkerEvents(configuration)) != nil
        #expect(!isTask)
    }
}
