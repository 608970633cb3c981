import Testing

@testable import MLServingCore

@Suite("AnswerPolicy")
struct AnswerPolicyTests {
    private static let uuid = "2b4e1c1e-6f0a-4c0e-9a57-0d9f6a1b2c3d"

    private let celery: AnswerPolicy = {
        var policy = AnswerPolicy()
        policy.celeryKeyPrefix = "app/"
        return policy
    }()

    @Test(arguments: ["mlserving:{3f2a}:3f2a-1", "mlserving:x", "mlserving:ключ", uuid, uuid.uppercased()])
    func keysOfResultsArePermitted(key: String) {
        #expect(AnswerPolicy().permits(key: key))
    }

    /// Other applications' keys, the consumers' own, today's and those of earlier releases, and what is no text for a log.
    @Test(arguments: [
        "", "mlserving", "mlserving:", "session:42", "mlservingx:1", "Mlserving:1", "celery-task-meta-\(uuid)", "x\(uuid)", "\(uuid) ",

        "mlserving-control:{q}:cancel:x", "mlserving-control:{q}:suspect:1:1", "mlserving-control:{q}:cache:00", "mlserving-control:",
        "mlserving:cancel:{q}:x", "mlserving:suspect:{q}:x", "mlserving:cache:00", "mlserving:cancel:\u{301}{q}:x",
        "mlserving-control:\u{301}{q}:cancel:x", "mlserving:{3f2a}:marker-1", "mlserving:marker-", "mlserving:a b", "mlserving:a\nb",
        "mlserving:\u{0}", "mlserving:\u{9b}31m", "mlserving:\u{202e}x", "mlserving:\u{200b}",
        "mlserving:" + String(repeating: "x", count: 512),
    ])
    func otherKeysAreNot(key: String) {
        #expect(!AnswerPolicy().permits(key: key))
        #expect(
            !AnswerPolicy(keyPrefixes: ["mlserving", "mlserving-control", "mlserving:cancel"]).permits(key: key) || key == "mlserving:x")
    }

    @Test func prefixesAreThoseOfTheConfiguration() {
        let policy = AnswerPolicy(keyPrefixes: ["a", "b:c"])
        for key in ["a:1", "b:c:1"] { #expect(policy.permits(key: key)) }
        for key in ["mlserving:1", "b:1", "b:c"] { #expect(!policy.permits(key: key)) }
    }

    @Test(arguments: ["mlserving-control", "mlserving-control:x", "mlserving:cancel", "mlserving:suspect:{q}", "mlserving:cache"])
    func prefixThatReachesControlKeysIsReserved(prefix: String) {
        #expect(AnswerPolicy.isReserved(prefix: prefix))
        #expect(!AnswerPolicy(keyPrefixes: [prefix]).permits(key: prefix + ":1"))
        #expect(!AnswerPolicy.isReserved(prefix: "mlserving"))
    }

    @Test func celeryHasKeysOfItsOwnOnlyWhereItIsServed() {
        #expect(celery.permits(key: "app/celery-task-meta-\(Self.uuid)"))
        for key in ["celery-task-meta-\(Self.uuid)", "app/celery-task-meta-", "app/celery-task-meta-1", "app/\(Self.uuid)"] {
            #expect(!celery.permits(key: key))
        }
        #expect(celery.permits(replyQueue: Self.uuid))
        #expect(!AnswerPolicy().permits(replyQueue: Self.uuid))
    }

    @Test(arguments: [
        "amq.rabbitmq.reply-to.g1gCPEcBY==.VvZ+/$_-1", "amq.gen-JzTY20BRgKO-HjmUJj0wLg", "amq.rabbitmq.reply-to.1",
    ])
    func repliesGoToQueuesOfConnections(queue: String) {
        #expect(AnswerPolicy().permits(replyQueue: queue))
    }

    @Test(arguments: [
        "", "task_queue", "payments", "amq.gen-", "amq.rabbitmq.reply-to.", "amq.rabbitmq.reply-to", "amq.rabbitmq.reply-to.a b",
        "amq.gen-\n",
        "amq.topic", "amq.gen-ü", "amq.gen-" + String(repeating: "x", count: 255), uuid,
    ])
    func otherQueuesGetNone(queue: String) {
        #expect(!AnswerPolicy().permits(replyQueue: queue))
    }

    @Test func furtherQueuesAreListed() {
        let policy = AnswerPolicy(replyQueues: ["team-?.replies.*"])
        #expect(policy.permits(replyQueue: "team-a.replies.1"))
        for queue in ["team-ab.replies.1", "team-a.replies", "xteam-a.replies.1"] { #expect(!policy.permits(replyQueue: queue)) }
    }

    @Test func replyAddressCountsBeforeAKeyAndIsNotFallenBackFrom() throws {
        let headers: MessageHeaders = [MessageHeader.resultKey: .string("mlserving:k")]
        let message = Message(body: [], correlationID: "c", replyTo: "amq.gen-1", headers: headers)
        #expect(try AnswerPolicy().destination(of: message) == .reply(queue: "amq.gen-1", correlationID: "c"))
        let elsewhere = Message(body: [], correlationID: "c", replyTo: "payments", headers: headers)
        let error = #expect(throws: ServingError.self) { try AnswerPolicy().destination(of: elsewhere) }
        #expect(error?.code == .malformedRequest)
        #expect(try AnswerPolicy().destination(of: Message(body: [])) == nil)
    }

    @Test(
        arguments: [
            .integer(7), .bool(true), .bytes([0xFF]), .array([.string("mlserving:k")]), .table([:]), .double(1),
        ] as [HeaderValue])
    func keyThatIsNoTextIsMalformed(_ value: HeaderValue) throws {
        for header in [MessageHeader.resultKey, MessageHeader.templateMessageID] {
            let message = Message(body: [], correlationID: "mlserving:c", headers: [header: value])
            let error = try #require(throws: ServingError.self) { try AnswerPolicy().destination(of: message) }
            #expect(error.code == .malformedRequest)
            #expect(error.message.contains(header), "\(error)")
            // Nobody asks for the key where there is a reply address.
            let reply = Message(body: [], correlationID: "c", replyTo: "amq.gen-1", headers: [header: value])
            #expect(try AnswerPolicy().destination(of: reply) == .reply(queue: "amq.gen-1", correlationID: "c"))
        }
    }

    @Test func keyWithoutAValueCountsAsNone() throws {
        let headers: MessageHeaders = [MessageHeader.resultKey: .null, MessageHeader.templateMessageID: .null]
        let message = Message(body: [], correlationID: "mlserving:c", headers: headers)
        #expect(try AnswerPolicy().destination(of: message) == .store(key: "mlserving:c"))
    }

    @Test(arguments: [
        ("*", "", true), ("*", "abc", true), ("a*c", "abbc", true), ("a*c", "abcd", false), ("?", "", false), ("?", "ü", true),
        ("", "", true),
        ("*a*b*", "xxaxxbxx", true), ("*a*b", "ba", false), ("a.*", "ab", false),
    ])
    func patternsAreThoseOfShells(pattern: String, name: String, matches: Bool) {
        #expect(NamePattern(pattern).matches(name) == matches)
    }
}
