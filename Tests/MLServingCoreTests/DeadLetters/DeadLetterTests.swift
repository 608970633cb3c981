import Testing

@testable import MLServingCore

@Suite("DeadLetter")
struct DeadLetterTests {
    private static let letter = Message(
        body: [1, 2, 3],
        contentType: "application/json",
        messageID: "request",
        correlationID: "other",
        timestamp: 7,
        headers: [
            "x-result-key": .string("key"), "x-items": .integer(3), "traceparent": .string("00-1-2-01"), "x-deadline": .integer(5),
            "x-dead-letter-reason": .string("prediction_failed"), "x-dead-letter-message": .string("no memory"),
            "x-dead-letter-queue": .string("work"), "x-dead-letter-time": .integer(1_700_000_000_123), "x-attempt": .integer(2),
            "x-failures": .array([
                .table([
                    "time": .integer(1_700_000_000_000), "code": .string("unavailable"), "message": .string("away"),
                    "retryable": .bool(true),
                ]),
                .table(["time": .integer(1_700_000_000_100), "code": .string("prediction_failed"), "message": .string("no memory")]),
            ]),
            "x-death": .array([.table(["reason": .string("expired"), "queue": .string("retry"), "time": .integer(9)])]),
            "x-first-death-queue": .string("retry"), "x-first-death-reason": .string("expired"), "x-last-death-queue": .string("retry"),
            "x-delivery-count": .integer(4),
        ]
    )

    @Test func tellsWhyWhenAndWhatHappenedBefore() {
        let letter = DeadLetter(Self.letter)
        #expect(letter.id == "request")
        #expect(letter.reason == "prediction_failed")
        #expect(letter.explanation == "no memory")
        #expect(letter.queue == "work")
        #expect(letter.time == 1_700_000_000_123)
        #expect(letter.attempts == 2)
        #expect(letter.resultKey == "key" && letter.replyTo == nil)
        #expect(letter.body == [1, 2, 3] && letter.contentType == "application/json")
        #expect(
            letter.failures == [
                FailedAttempt(time: 1_700_000_000_000, error: ServingError(code: .unavailable, message: "away", isRetryable: true)),
                FailedAttempt(time: 1_700_000_000_100, error: ServingError(code: .predictionFailed, message: "no memory")),
            ])
    }

    @Test func doesWithoutWhatIsNotThere() {
        let letter = DeadLetter(Message(body: []))
        #expect(letter.reason == "unknown" && letter.failures.isEmpty)
        #expect(letter.explanation == nil && letter.queue == nil && letter.time == nil && letter.attempts == nil)
        #expect(letter.resultKey == nil && letter.contentType == nil)
    }

    @Test func attemptsAreThoseOfTheHistoryWhenNobodyCounted() {
        var message = Self.letter
        message.headers["x-attempt"] = nil
        #expect(DeadLetter(message).attempts == 2)
    }

    @Test func headersOfTheBrokerTellWhenItDeadLettered() {
        let death = HeaderValue.table(["reason": .string("maxlen"), "queue": .string("work"), "time": .integer(1_700_000_000)])
        let older = HeaderValue.table(["reason": .string("expired"), "queue": .string("retry"), "time": .integer(1)])
        let letter = DeadLetter(Message(body: [], headers: ["x-death": .array([death, older])]))
        #expect(letter.reason == "maxlen" && letter.queue == "work" && letter.time == 1_700_000_000_000)
        let first = DeadLetter(
            Message(body: [], headers: ["x-first-death-queue": .string("work"), "x-first-death-reason": .string("expired")]))
        #expect(first.reason == "expired" && first.queue == "work" && first.time == nil)
    }

    @Test(arguments: [
        "x-dead-letter-reason", "x-dead-letter-message", "x-dead-letter-queue", "x-dead-letter-time", "x-attempt", "x-failures", "x-death",
        "x-result-key", "X-Message-Id",
    ])
    func headersOfAnyTypeAreSurvived(_ name: String) {
        let values: [HeaderValue] = [
            .null, .bool(true), .integer(.min), .double(.nan), .bytes([0xFF]), .array([.null]), .table([:]),
            .array([.table(["time": .integer(.max), "code": .null, "reason": .integer(1)])]),
        ]
        for value in values {
            let letter = DeadLetter(Message(body: [1], headers: [name: value]))
            #expect(letter.reason == "unknown" && letter.id.hasPrefix("unnamed-"))
            #expect(letter.failures.isEmpty)
        }
    }

    @Test func idIsTheFirstNameThatIsThere() {
        #expect(DeadLetter(Message(body: [], correlationID: "c")).id == "c")
        #expect(DeadLetter(Message(body: [], messageID: "", correlationID: "c")).id == "c")
        #expect(DeadLetter(Message(body: [], headers: ["X-Message-Id": .string("x")])).id == "x")
        let task: MessageHeaders = ["task": .string("predict"), "id": .string("t")]
        #expect(DeadLetter(Message(body: [], headers: task)).id == "t")
        #expect(DeadLetter(Message(body: [], correlationID: "c", headers: task)).id == "t")
        #expect(DeadLetter(Message(body: [], messageID: "m", headers: task)).id == "m")
        #expect(DeadLetter(Message(body: [], correlationID: "c", headers: ["id": .string("t")])).id == "c")
    }

    /// The last two are test vectors of draft-eastlake-fnv.
    @Test(arguments: [("", "cbf29ce484222325"), ("a", "af63dc4c8601ec8c"), ("foobar", "85944171f73967e8")])
    func letterWithoutAnyNameIsNamedByItsBytes(_ body: String, _ hash: String) {
        #expect(DeadLetter(Message(body: [UInt8](body.utf8))).id == "unnamed-" + hash)
    }

    @Test func requestIsTheOriginalWithoutItsPast() {
        let request = DeadLetter(Self.letter).request(timeToLive: nil, unixMilliseconds: 1_000)
        #expect(
            request
                == Message(
                    body: [1, 2, 3], contentType: "application/json", messageID: "request", correlationID: "other", timestamp: 7,
                    headers: ["x-result-key": .string("key"), "x-items": .integer(3), "traceparent": .string("00-1-2-01")]))
    }

    @Test func requestHasTheDeadlineThatItIsGiven() {
        let request = DeadLetter(Self.letter).request(timeToLive: .seconds(2), unixMilliseconds: 1_000)
        #expect(request.timeToLive == .seconds(2))
        #expect(request.headers["x-deadline"] == .integer(3_000))
    }
}
