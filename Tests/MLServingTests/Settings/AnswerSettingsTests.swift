import MLServing
import Testing

@Suite("Settings of answers")
struct AnswerSettingsTests {
    private static let uuid = "2b4e1c1e-6f0a-4c0e-9a57-0d9f6a1b2c3d"

    private func consumer(_ values: [String: String]) throws -> ConsumerConfiguration {
        try ServingSettings(from: SettingsReader(values: values)).consumer
    }

    @Test func placesAreThoseOfTheSettings() throws {
        #expect(try consumer([:]).answers == AnswerPolicy())
        let answers = try consumer(["RESULT_PREFIX": "a", "RESULT_PREFIXES": "b, c:d", "REPLY_QUEUES": "replies.* team"]).answers
        for key in ["a:1", "b:1", "c:d:1"] { #expect(answers.permits(key: key)) }
        #expect(!answers.permits(key: "mlserving:1") && !answers.permits(key: "celery-task-meta-\(Self.uuid)"))
        for queue in ["replies.1", "team"] { #expect(answers.permits(replyQueue: queue)) }
        #expect(!answers.permits(replyQueue: "task_queue") && !answers.permits(replyQueue: Self.uuid))
    }

    @Test func celeryBringsItsOwnPlaces() throws {
        let answers = try consumer(["CELERY": "1", "CELERY_RESULT_PREFIX": "app_"]).answers
        #expect(answers.permits(key: "app_celery-task-meta-\(Self.uuid)") && answers.permits(replyQueue: Self.uuid))
        #expect(!answers.permits(key: "celery-task-meta-\(Self.uuid)"))
    }

    @Test(arguments: [
        ("RESULT_PREFIX", "mlserving-control"), ("RESULT_PREFIX", "mlserving:cancel"), ("RESULT_PREFIXES", "own,mlserving-control:x"),
    ])
    func prefixThatReachesTheConsumersOwnKeysIsRefused(key: String, value: String) {
        let error = #expect(throws: ConfigurationError.self) { try consumer([key: value]) }
        #expect(error?.key == key)
    }

    @Test func heldBytesAreBounded() throws {
        #expect(try consumer([:]).maximumHeldBytes == 256 << 20)
        #expect(try consumer(["MAX_HELD_BYTES": "1000000"]).maximumHeldBytes == 1_000_000)
        #expect(throws: ConfigurationError.self) { try consumer(["MAX_HELD_BYTES": "-1"]) }
    }
}
