import Testing

@testable import Redis

@Suite("CommandQueue")
struct CommandQueueTests {
    typealias Queue = CommandQueue<Int>

    private let start = ContinuousClock.now

    private func queue(commands: Int = 100, bytes: Int = 100_000, isOpen: Bool = true) -> Queue {
        var queue = Queue(maximumCommands: commands, maximumBytes: bytes, patience: .seconds(5))
        if isOpen { queue.open() }
        return queue
    }

    /// Appends a command whose waiter is its identifier; whether it was to be written at once.
    @discardableResult
    private func append(
        _ payload: Queue.Payload = .single(.ping), to queue: inout Queue, timeout: Duration = .seconds(5), after delay: Duration = .zero
    ) -> Bool {
        let identifier = queue.makeIdentifier()
        let sent = queue.append(payload, identifier: identifier, timeout: timeout, now: start + delay, waiter: Int(identifier))
        return sent != nil
    }

    private func waiter(_ completion: Queue.Completion) -> Int? {
        switch completion {
        case .single(let waiter, _), .pipeline(let waiter, _): waiter
        case .none, .unsolicited: nil
        }
    }

    @Test func repliesGoToCommandsInOrder() {
        var queue = queue()
        for _ in 0..<3 { append(to: &queue) }
        #expect((0..<3).map { waiter(queue.receive(.integer($0))) } == [1, 2, 3])
        #expect(!queue.hasUnanswered)
    }

    @Test func pipelineIsCompleteWithItsLastReply() {
        var queue = queue()
        append(.pipeline([.ping, .ping, .ping]), to: &queue)
        append(to: &queue)
        #expect(waiter(queue.receive(.integer(1))) == nil)
        #expect(waiter(queue.receive(.error(RedisServerError(message: "ERR")))) == nil)
        guard case .pipeline(1, let replies) = queue.receive(.integer(3)) else {
            Issue.record("the pipeline is not complete")
            return
        }
        #expect(replies == [.integer(1), .error(RedisServerError(message: "ERR")), .integer(3)])
        #expect(waiter(queue.receive(.null)) == 2)
    }

    @Test func replyWithoutCommandIsUnsolicited() {
        var queue = queue()
        guard case .unsolicited = queue.receive(.null) else {
            Issue.record("a reply was matched with nothing")
            return
        }
    }

    @Test func commandsWaitForTheConnection() {
        var queue = queue(isOpen: false)
        #expect(!append(to: &queue))
        #expect(queue.sendNext(now: start) == nil)
        queue.open()
        #expect(queue.sendNext(now: start) != nil)
        #expect(queue.sendNext(now: start) == nil)
        #expect(waiter(queue.receive(.null)) == 1)
    }

    // MARK: Bounds

    @Test func numberInFlightIsBounded() {
        var queue = queue(commands: 2)
        #expect([append(to: &queue), append(to: &queue), append(to: &queue)] == [true, true, false])
        #expect(queue.sendNext(now: start) == nil)
        _ = queue.receive(.null)
        #expect(queue.sendNext(now: start) != nil)
        #expect(queue.sendNext(now: start) == nil)
    }

    @Test func bytesInFlightAreBounded() {
        let command = RedisCommand.set("k", to: [UInt8](repeating: 0, count: 1000))
        var queue = queue(bytes: command.byteCount * 2)
        #expect((0..<3).map { _ in append(.single(command), to: &queue) } == [true, true, false])
        // Nobody overtakes who waits.
        #expect(!append(.single(.ping), to: &queue))
        _ = queue.receive(.null)
        #expect(queue.sendNext(now: start) != nil)
        #expect(queue.sendNext(now: start) == nil)
    }

    @Test func whatExceedsTheBoundsGoesAlone() {
        var queue = queue(commands: 2, bytes: 100)
        let large = Queue.Payload.pipeline([RedisCommand](repeating: .set("k", to: [UInt8](repeating: 0, count: 100)), count: 5))
        #expect(append(to: &queue))
        #expect(!append(large, to: &queue))
        _ = queue.receive(.null)
        #expect(queue.sendNext(now: start)?.commandCount == 5)
        #expect(!append(to: &queue))
        for _ in 0..<5 { _ = queue.receive(.null) }
        #expect(queue.sendNext(now: start) != nil)
    }

    // MARK: Movement

    @Test func limitsGrowWithTheBytesThatMove() {
        var queue = queue(bytes: 100_000_000)
        append(.single(.set("k", to: [UInt8](repeating: 0, count: 12_000_000))), to: &queue)
        append(.single(.get("k")), to: &queue)
        // Slower than a quarter of a megabyte a second, and yet it moves.
        for second in 1...60 {
            queue.move(200_000)
            let expiry = queue.expire(now: start + .seconds(second))
            #expect(!expiry.connectionIsOverdue)
            #expect(expiry.unanswered.isEmpty)
        }
        #expect(waiter(queue.receive(.null)) == 1)
        #expect(waiter(queue.receive(.null)) == 2)
    }

    @Test func whatWaitsBehindMovingBytesWaitsLonger() {
        var queue = queue(commands: 1)
        append(to: &queue)
        append(to: &queue)
        queue.move(1_280_000)
        #expect(queue.expire(now: start + .seconds(14)).unsent.isEmpty)
        #expect(queue.nextDeadline == start + .seconds(15))
        #expect(queue.expire(now: start + .seconds(15)).unsent == [2])
    }

    @Test func serverThatIsSilentIsGivenUpAsSoonAsEverHoweverMuchItIsSent() {
        var queue = queue()
        append(.single(.set("k", to: [UInt8](repeating: 0, count: 12_000_000))), to: &queue)
        #expect(!queue.expire(now: start + .milliseconds(4_999)).connectionIsOverdue)
        #expect(queue.expire(now: start + .seconds(5)).connectionIsOverdue)
    }

    @Test func limitThatIsNamedDoesNotGrow() {
        var queue = queue()
        for waiter in 1...2 {
            let identifier = queue.makeIdentifier()
            _ = queue.append(
                .single(.ping), identifier: identifier, timeout: .seconds(1), isElastic: waiter == 1, now: start, waiter: waiter)
        }
        queue.move(1_280_000)
        let expiry = queue.expire(now: start + .seconds(1))
        #expect(expiry.unanswered == [2])
        #expect(!expiry.connectionIsOverdue, "the bytes say that the server is there")
    }

    @Test func bytesFromBeforeACommandDoNotProlongItsLimit() {
        var queue = queue()
        queue.move(100_000_000)
        append(to: &queue)
        #expect(queue.expire(now: start + .seconds(5)).connectionIsOverdue)
    }

    // MARK: Cancellation

    @Test func cancelledCommandKeepsItsPlace() {
        var queue = queue()
        for _ in 0..<3 { append(to: &queue) }
        #expect(queue.cancel(2) == 2)
        #expect(queue.cancel(2) == nil)
        #expect((0..<3).map { waiter(queue.receive(.integer($0))) } == [1, nil, 3])
    }

    @Test func cancelledPipelineKeepsItsPlace() {
        var queue = queue()
        append(.pipeline([.ping, .ping]), to: &queue)
        append(to: &queue)
        _ = queue.receive(.null)
        #expect(queue.cancel(1) == 1)
        #expect(waiter(queue.receive(.null)) == nil)
        #expect(waiter(queue.receive(.null)) == 2)
    }

    @Test func cancelledWaitingCommandIsNeverSent() {
        var queue = queue(isOpen: false)
        for _ in 0..<3 { append(to: &queue) }
        #expect(queue.cancel(2) == 2)
        queue.open()
        var sent = 0
        while queue.sendNext(now: start) != nil { sent += 1 }
        #expect(sent == 2)
        #expect((0..<2).map { waiter(queue.receive(.integer($0))) } == [1, 3])
    }

    @Test func unknownIdentifierCancelsNothing() {
        var queue = queue()
        append(to: &queue)
        #expect(queue.cancel(99) == nil)
        #expect(waiter(queue.receive(.null)) == 1)
    }

    // MARK: Time

    @Test func waitingCommandExpiresUnsent() {
        var queue = queue(isOpen: false)
        append(to: &queue, timeout: .seconds(1))
        append(to: &queue, timeout: .seconds(3))
        #expect(queue.nextDeadline == start + .seconds(1))
        let expiry = queue.expire(now: start + .seconds(2))
        #expect(expiry.unsent == [1])
        #expect(expiry.unanswered.isEmpty && !expiry.connectionIsOverdue)
        #expect(queue.nextDeadline == start + .seconds(3))
    }

    @Test func shortTimeoutEndsTheWaitAndNotTheConnection() {
        var queue = queue()
        append(to: &queue, timeout: .seconds(1))
        let expiry = queue.expire(now: start + .seconds(1))
        #expect(expiry.unanswered == [1])
        #expect(!expiry.connectionIsOverdue)
        #expect(queue.nextDeadline == start + .seconds(5))
        #expect(queue.expire(now: start + .seconds(5)).connectionIsOverdue)
    }

    @Test func overdueReplyEndsTheConnection() {
        var queue = queue()
        append(to: &queue)
        append(to: &queue, after: .seconds(1))
        #expect(!queue.expire(now: start + .seconds(4)).connectionIsOverdue)
        #expect(queue.expire(now: start + .seconds(5)).connectionIsOverdue)
        #expect(queue.loseConnection() == [1, 2])
    }

    @Test func longTimeoutGivesTheServerThatLong() {
        var queue = queue()
        append(to: &queue, timeout: .seconds(60))
        #expect(!queue.expire(now: start + .seconds(59)).connectionIsOverdue)
        #expect(queue.expire(now: start + .seconds(60)).connectionIsOverdue)
    }

    @Test func timeSpentWaitingDoesNotCountAgainstTheServer() {
        var queue = queue(isOpen: false)
        append(to: &queue, timeout: .seconds(5))
        queue.open()
        _ = queue.sendNext(now: start + .seconds(4))
        let expiry = queue.expire(now: start + .seconds(5))
        #expect(expiry.unanswered == [1])
        #expect(!expiry.connectionIsOverdue)
    }

    @Test func emptyQueueHasNoDeadline() {
        var queue = queue()
        append(to: &queue)
        _ = queue.receive(.null)
        #expect(queue.nextDeadline == nil)
    }

    // MARK: Ends

    @Test func lostConnectionTakesWhatWasSentAndKeepsTheRest() {
        var queue = queue(commands: 2)
        for _ in 0..<4 { append(to: &queue) }
        _ = queue.cancel(1)
        #expect(queue.loseConnection() == [2])
        #expect(!queue.isOpen && queue.waitingCount == 2)
        #expect(queue.sendNext(now: start) == nil)
        queue.open()
        #expect(queue.sendNext(now: start) != nil)
        #expect(waiter(queue.receive(.null)) == 3)
    }

    @Test func heldQueueTakesRepliesAndSendsNothing() {
        var queue = queue()
        append(to: &queue)
        queue.hold()
        #expect(!append(to: &queue))
        #expect(waiter(queue.receive(.null)) == 1)
        #expect(queue.sendNext(now: start) == nil)
        #expect(queue.removeWaiting() == [2])
    }
}
