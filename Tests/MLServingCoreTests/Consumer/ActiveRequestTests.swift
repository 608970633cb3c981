import EventLoop
import Testing

@testable import MLServingCore

@Suite("ActiveRequest")
struct ActiveRequestTests {
    private static let loop = EventLoop(name: "test")

    private func request(deadline: HeaderValue?, timeToLive: Duration? = nil, timestamp: UInt64? = nil) -> ActiveRequest {
        var message = Message(body: [1], messageID: "m", timeToLive: timeToLive, timestamp: timestamp)
        message.headers[MessageHeader.deadline] = deadline
        let delivery = Delivery(message: message, tag: DeliveryTag(generation: 1, number: 1), deliveryCount: 0)
        let encoding = RequestEncoding(delivery.message, codecs: .standard)
        return ActiveRequest(
            key: 1, delivery: delivery, from: .requests, destination: .store(key: "k"), encoding: encoding, executor: Self.loop)
    }

    @Test func deadlineOfAnotherMachineBecomesOurs() throws {
        let now = Self.loop.unixMilliseconds
        let late = request(deadline: .integer(now - 1))
        #expect(late.isExpired(at: late.accepted))
        let early = request(deadline: .string("\(now + 1_000_000)"))
        #expect(!early.isExpired(at: early.accepted))
        #expect(early.isExpired(at: early.accepted + .seconds(1_001)))
    }

    @Test(arguments: [nil, HeaderValue.string("tomorrow"), .double(1), .null, .integer(.max)])
    func withoutUsableDeadlineNothingExpires(deadline: HeaderValue?) {
        let request = request(deadline: deadline)
        #expect(!request.isExpired(at: request.accepted + .seconds(31_536_000)))
    }

    /// Whoever sends it, no header ends the process.
    @Test(arguments: [Int64.min, .min + 2_000_000_000_000, -10_000_000_000_000, -1, 0, 1, .max - 1, .max])
    func absurdDeadlinesAreHarmless(deadline: Int64) {
        for timeToLive in [nil, Duration.zero, .seconds(60), .milliseconds(Int64.max)] {
            let request = request(deadline: .integer(deadline), timeToLive: timeToLive)
            #expect(request.queued >= .zero)
            #expect(request.queued <= .seconds(31_536_000))
            #expect(request.queued.microseconds >= 0)
        }
    }

    @Test func timeInTheQueueIsTimeToLiveLessWhatIsLeft() {
        let request = request(deadline: .integer(Self.loop.unixMilliseconds + 4_000), timeToLive: .seconds(10))
        #expect(request.queued >= .seconds(6))
    }

    @Test func withoutDeadlineTheTimestampTellsTheTimeInTheQueue() {
        let now = UInt64(Self.loop.unixMilliseconds / 1_000)
        #expect(request(deadline: nil, timestamp: now - 100).queued >= .seconds(100))
        #expect(request(deadline: .integer(Self.loop.unixMilliseconds), timestamp: now - 100).queued >= .seconds(100))
        #expect(request(deadline: nil, timestamp: now + 100).queued == .zero)
        for absurd in [UInt64.max, UInt64(Int64.max), UInt64(Int64.max / 1_000), 0] {
            let queued = request(deadline: nil, timestamp: absurd).queued
            #expect(queued >= .zero && queued <= .seconds(31_536_000))
        }
    }

    @Test func laterDeliveriesAreSettledTooUnlessTheyAreStale() {
        let request = request(deadline: nil)
        func held(_ intake: Intake, _ generation: UInt64, _ number: UInt64) -> HeldDelivery {
            HeldDelivery(intake: intake, tag: DeliveryTag(generation: generation, number: number))
        }
        request.add(held(.requests, 1, 2))
        #expect(request.deliveries == [held(.requests, 1, 1), held(.requests, 1, 2)])
        request.add(held(.suspects, 7, 1))
        request.add(held(.requests, 2, 1))
        #expect(request.deliveries == [held(.suspects, 7, 1), held(.requests, 2, 1)])
    }

    @Test func deadLetterKeepsTheBytesAndTellsTheReason() {
        let request = request(deadline: .integer(5), timeToLive: .seconds(1))
        let letter = request.deadLetter(because: ServingError(code: .invalidInput, message: "bad"), from: "q", unixMilliseconds: 99)
        #expect(letter.body == [1])
        #expect(letter.messageID == "m")
        #expect(letter.timeToLive == nil)
        #expect(letter.headers[MessageHeader.deadLetterReason] == .string("invalid_input"))
        #expect(letter.headers[MessageHeader.deadLetterMessage] == .string("bad"))
        #expect(letter.headers[MessageHeader.deadLetterQueue] == .string("q"))
        #expect(letter.headers[MessageHeader.deadline] == .integer(5))
        #expect(letter.headers[MessageHeader.deadLetterTime] == .integer(99))
        #expect(letter.headers[MessageHeader.attempt] == .integer(1))
        let failure: [String: HeaderValue] = [
            "time": .integer(99), "code": .string("invalid_input"), "message": .string("bad"), "retryable": .bool(false),
        ]
        #expect(letter.headers[MessageHeader.failures] == .array([.table(failure)]))
    }

    @Test(arguments: [(ServingError.Code.expired, false), (.cancelled, false), (.invalidInput, true), (.predictionFailed, true)])
    func onlyWhatNobodyCanServeIsADeadLetter(code: ServingError.Code, expected: Bool) {
        let request = request(deadline: nil)
        request.fail(with: ServingError(code: code, message: ""))
        #expect((request.deadLetterReason != nil) == expected)
    }
}
