import EventLoop
import Testing

@testable import MLServingCore

/// G7: what is cancelled is not predicted, unless its prediction has begun.
@Suite("ConsumerRunner: cancellation", .timeLimit(.minutes(5)))
struct ConsumerCancellationTests {
    private func recording(_ seen: Recorded<Int>, _ gate: Gate) -> ClosurePredictor<Int, Int> {
        ClosurePredictor { number in
            seen.append(number)
            if number == 0 { try await gate.wait() }
            return number
        }
    }

    private func expectCancelled(_ serving: Serving, _ key: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let code = try await serving.number(under: key).failure?.code
        #expect(code == .cancelled, sourceLocation: sourceLocation)
    }

    @Test func cancelledTaskStopsWorkThatHasNotBegun() async throws {
        let serving = try await Serving()
        let (seen, gate, transport) = (Recorded<Int>(), Gate(), FaultyTransport(serving.server.transport()))
        let client = serving.client(transport: transport)
        let prefix = ControlKey.cancelPrefixes(queue: serving.queue.name)[0]
        try await running(serving.runner(recording(seen, gate)) { $0.concurrency = 1 }) {
            async let first = client.predict(0, timeout: .seconds(60))
            await seen.wait()
            let before = transport.events.all.count
            let second = Task { try await client.predict(1, timeout: .seconds(60)) }
            await transport.events.wait(for: before + 1)
            let marks = try await serving.server.transport().store.withNotifications(forKeysWithPrefix: prefix) { source in
                second.cancel()
                return try await source.next().keys
            }
            await #expect(throws: CancellationError.self) { try await second.value }
            try await expectCancelled(serving, String(marks[0].dropFirst(prefix.count)))
            gate.open()
            let answer = try await first
            #expect(answer == 0)
            #expect(seen.all == [0])
        }
        await client.shutdown()
    }

    @Test func ticketIsCancelledFromAnotherClient() async throws {
        let serving = try await Serving()
        let (seen, gate, client, other) = (Recorded<Int>(), Gate(), serving.client(), serving.client())
        let ticket = try await client.submit(1, timeout: .seconds(60))
        #expect(try await other.cancel(ticket))
        // Marked before any consumer listened.
        try await running(serving.runner(recording(seen, gate))) {
            try await expectCancelled(serving, ticket.key)
            let error = await #expect(throws: ServingError.self) { try await client.result(of: ticket, timeout: .seconds(60)) }
            #expect(error?.code == .cancelled)
            #expect(try await client.predict(3, timeout: .seconds(60)) == 3)
            #expect(seen.all == [3])
            #expect(try await other.cancel(ticket) == false, "there is a result: the cancellation")
        }
        #expect(try await serving.server.transport().broker.status(of: serving.queue.name + ".dead-letters").depth == 0)
        await client.shutdown()
        await other.shutdown()
    }

    @Test func markThatComesBetweenTheLookAndItsAnswerIsNotMissed() async throws {
        let serving = try await Serving()
        let (seen, gate, client, other) = (Recorded<Int>(), Gate(), serving.client(), serving.client())
        let transport = FaultyTransport(serving.server.transport())
        let ticket = try await client.submit(1, timeout: .seconds(60))
        transport.change { faults in
            faults.afterLook = { _ in
                transport.change { $0.afterLook = nil }
                _ = try await other.cancel(ticket)
            }
        }
        try await running(serving.runner(recording(seen, gate), transport: transport)) {
            try await expectCancelled(serving, ticket.key)
            #expect(try await client.predict(3, timeout: .seconds(60)) == 3)
            #expect(seen.all == [3])
        }
        await client.shutdown()
        await other.shutdown()
    }

    /// Whatever the clock of the producer says, and however its marks are called: those of the earlier release count, too.
    @Test(arguments: [-10_000, 0, 10_000, 1_000_000_000] as [Int64], [0, 1])
    func clocksOfOtherMachinesDoNotCount(skew: Int64, name: Int) async throws {
        let serving = try await Serving()
        let (seen, gate) = (Recorded<Int>(), Gate())
        let transport = serving.server.transport()
        let published = transport.executor.unixMilliseconds + skew
        for number in 1...3 {
            var message = Message(
                body: [UInt8(number)], messageID: "m\(number)", timeToLive: .seconds(3_600), timestamp: UInt64(max(0, published / 1_000)),
                headers: [MessageHeader.resultKey: .string("k\(number)"), MessageHeader.deadline: .integer(published + 3_600_000)])
            if skew < 0 { message.headers[MessageHeader.deadline] = nil }
            try await serving.publish(message)
            let mark = ControlKey.cancellations(of: "mlserving:k\(number)", queue: serving.queue.name)[name]
            _ = try await transport.store.put([StoreEntry(key: mark, value: [1], timeToLive: .seconds(60))])
        }
        try await running(serving.runner(recording(seen, gate))) {
            for number in 1...3 { try await expectCancelled(serving, "k\(number)") }
        }
        #expect(seen.all.isEmpty)
    }

    /// In the middle of an upgrade a consumer may have rights for marks of one kind only.
    @Test(arguments: [("mlserving-control:", 1), ("mlserving:cancel:", 0)])
    func markIsFoundWhereTheOtherKindIsRefused(refused: String, name: Int) async throws {
        let serving = try await Serving()
        let (seen, gate) = (Recorded<Int>(), Gate())
        let mark = ControlKey.cancellations(of: "mlserving:k", queue: serving.queue.name)[name]
        _ = try await serving.server.transport().store.put([StoreEntry(key: mark, value: [1], timeToLive: .seconds(60))])
        try await serving.publish(1, key: "k")
        try await serving.publish(2, key: "other")
        let transport = FaultyTransport(serving.server.transport(), .init(refusedPrefix: refused))
        try await running(serving.runner(recording(seen, gate), transport: transport)) {
            try await expectCancelled(serving, "k")
            try await serving.expect(.success(2), under: "other")
        }
        #expect(seen.all == [2])
    }

    @Test func markIsFoundWithoutNotifications() async throws {
        let serving = try await Serving()
        let (seen, gate, client) = (Recorded<Int>(), Gate(), serving.client())
        let transport = FaultyTransport(serving.server.transport(), .init(dropsNotifications: true))
        try await running(serving.runner(recording(seen, gate), transport: transport) { $0.concurrency = 1 }) {
            let first = try await client.submit(0, timeout: .seconds(60))
            await seen.wait()
            let second = try await client.submit(1, timeout: .seconds(60))
            while try await serving.depth > 0 { await Task.yield() }
            #expect(try await client.cancel(second))
            // While the first is predicted, and nothing else happens.
            try await expectCancelled(serving, second.key)
            gate.open()
            #expect(try await client.result(of: first, timeout: .seconds(60)) == 0)
            #expect(seen.all == [0])
        }
        await client.shutdown()
    }

    @Test func onlyWhatCannotHaveWaitedIsNotLookedUp() {
        let start = ContinuousClock.now
        var credit = FreeCredit(at: start)
        func deliveries(_ count: Int, generation: UInt64 = 1, deliveryCount: Int = 0, headers: MessageHeaders = [:]) -> [Delivery] {
            (0..<count).map { number in
                Delivery(
                    message: Message(body: [], headers: headers), tag: DeliveryTag(generation: generation, number: UInt64(number)),
                    deliveryCount: deliveryCount)
            }
        }
        func isFresh(_ deliveries: [Delivery], at now: ContinuousClock.Instant) -> Bool { credit.isFresh(deliveries, at: now) }
        #expect(!isFresh(deliveries(1), at: start))
        let later = start + .seconds(3)
        #expect(isFresh(deliveries(1), at: later))
        #expect(!isFresh(deliveries(2), at: later))
        #expect(!isFresh(deliveries(1, deliveryCount: 1), at: later))
        #expect(!isFresh(deliveries(1, headers: ["x-death": .array([])]), at: later))
        #expect(!isFresh(deliveries(1, headers: [MessageHeader.attempt: .integer(1)]), at: later))
        #expect(!isFresh(deliveries(1, generation: 2), at: later), "another connection")
        credit.wasUsedUp(at: later + .seconds(5))
        #expect(!isFresh(deliveries(1, generation: 2), at: later + .seconds(6)))
        #expect(isFresh(deliveries(1, generation: 2), at: later + .seconds(7)))
    }

    @Test func predictionThatNobodyWantsAnyMoreIsCancelled() async throws {
        let serving = try await Serving()
        let (seen, never, client) = (Recorded<Int>(), Gate(), serving.client())
        let ended = Recorded<Bool>()
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            do { try await never.wait() } catch { ended.append(error is CancellationError) }
            return number
        }
        try await running(serving.runner(predictor)) {
            let ticket = try await client.submit(1, timeout: .seconds(60))
            await seen.wait()
            #expect(try await client.cancel(ticket))
            try await expectCancelled(serving, ticket.key)
            #expect(await ended.wait() == [true])
        }
        await client.shutdown()
    }

    @Test func batchThatOthersWaitForGoesOn() async throws {
        let serving = try await Serving()
        let (seen, gate, client) = (Recorded<[Int]>(), Gate(), serving.client())
        let predictor = ClosureBatchPredictor<Int, Int>(BatchLimits(maximumCount: 2, maximumDelay: .seconds(3_600))) { inputs in
            seen.append(inputs)
            try await gate.wait()
            return inputs
        }
        try await running(serving.runner(predictor)) {
            let ticket = try await client.submit(1, timeout: .seconds(60))
            async let other = client.predict(2, timeout: .seconds(60))
            await seen.wait()
            #expect(try await client.cancel(ticket))
            try await expectCancelled(serving, ticket.key)
            gate.open()
            #expect(try await other == 2)
        }
        await client.shutdown()
    }
}
