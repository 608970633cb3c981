import Testing

@testable import MLServingCore

/// G6: a request that a consumer dies of ends with the dead letters, and takes nobody with it.
@Suite("ConsumerRunner: quarantine", .timeLimit(.minutes(5)))
struct ConsumerQuarantineTests {
    private enum Event { case began, answered }

    /// Runs consumers, one after the other, each of which dies when it begins on a request for 13.
    @Test(arguments: [2, 3, 5])
    func requestThatKillsConsumersEndsWithTheDeadLetters(maximumCrashes: Int) async throws {
        let serving = try await Serving()
        for number in 0..<30 { try await serving.publish(number, key: "k\(number)") }
        let (events, never) = (Recorded<Event>(), Gate())
        let last = Task {
            let result = try await serving.number(under: "k13")
            events.append(.answered)
            return result
        }
        var crashes = 0
        while true {
            let predictor = ClosureBatchPredictor<Int, Int> { inputs in
                if inputs.contains(13) {
                    events.append(.began)
                    try await never.wait()
                }
                return inputs.map { -$0 }
            }
            let consumer = RunningService(serving.runner(predictor) { $0.maximumCrashes = maximumCrashes })
            let event = await events.wait(for: crashes + 1)[crashes]
            if event == .answered {
                for number in 0..<30 where number != 13 { try await serving.expect(.success(-number), under: "k\(number)") }
                await consumer.kill()
                break
            }
            crashes += 1
            await consumer.kill()
        }
        #expect(crashes == maximumCrashes)
        #expect(try await last.value.failure?.code == .crashed)
        let letter = try await serving.deadLetters(1)[0]
        #expect(letter.messageID == "k13")
        #expect(letter.headers[MessageHeader.deadLetterReason] == .string("crashed"))
    }

    @Test func suspectsAreTakenOneAtATime() async throws {
        let serving = try await Serving()
        for number in 0..<6 { try await serving.publish(number, key: "k\(number)") }
        try await serving.deliverInVain(6)
        try await serving.mark((0..<6).map { "k\($0)" })
        let (batches, gate) = (Recorded<[Int]>(), Gate())
        let predictor = ClosureBatchPredictor<Int, Int> { inputs in
            batches.append(inputs)
            try await gate.wait()
            return inputs
        }
        try await running(serving.runner(predictor) { $0.concurrency = 4 }) {
            await batches.wait()
            // Nothing else begins, though three threads are free: a crash would be blamed on the suspect.
            try await serving.publish(9, key: "k9")
            #expect(batches.all == [[0]])
            gate.open()
            for number in [0, 1, 2, 3, 4, 5, 9] { try await serving.expect(.success(number), under: "k\(number)") }
            #expect(batches.all.allSatisfy { $0.count == 1 })
        }
    }

    @Test func suspectThatWasAnsweredIsOnlySettled() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        try await serving.deliverInVain(1)
        let seen = Recorded<Int>()
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            return number
        }
        _ = try await serving.server.transport().store.put([StoreEntry(key: "k", value: [], timeToLive: .seconds(60))])
        let transport = FaultyTransport(serving.server.transport())
        try await running(serving.runner(predictor, transport: transport)) {
            #expect(await transport.events.wait() == [.acknowledged(1)])
            #expect(seen.all.isEmpty)
        }
    }

    @Test func moveToTheSuspectsThatWasNotConfirmedIsRepeated() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        try await serving.deliverInVain(1)
        try await serving.mark(["k"])
        let transport = FaultyTransport(serving.server.transport(), .init(publishes: [.lost, .taken]))
        try await running(serving.runner(ClosurePredictor<Int, Int> { $0 }, transport: transport)) {
            try await serving.expect(.success(1), under: "k")
            // The first was lost; the second and the third arrived, and one of them is answered.
            let events = await transport.events.wait(for: 8)
            #expect(events.count { $0 == .published(id: "k") } == 3)
            #expect(events.count { $0 == .put(stored: true) } == 3, "the result, the mark that it was begun, and a sign of life")
        }
    }

    // MARK: What was only given back

    /// Counts the requests that are set aside.
    private func suspects(of serving: Serving) async throws -> Int {
        try await serving.server.transport().broker.status(of: serving.queue.suspectQueue.name).depth
    }

    /// Gives requests out and has them come back, `times` times, as lost connections and restarts do.
    private func serving(requests: Int, comeBack times: Int) async throws -> Serving {
        let serving = try await Serving()
        for number in 0..<requests { try await serving.publish(number, key: "k\(number)") }
        for _ in 0..<times { try await serving.deliverInVain(requests) }
        return serving
    }

    @Test(arguments: [1, 2, 30])
    func requestsThatOnlyCameBackArePredictedTogether(times: Int) async throws {
        let serving = try await serving(requests: 20, comeBack: times)
        let batches = Recorded<[Int]>()
        let predictor = ClosureBatchPredictor<Int, Int>(BatchLimits(maximumCount: 20)) { inputs in
            batches.append(inputs)
            return inputs
        }
        try await running(serving.runner(predictor)) {
            for number in 0..<20 { try await serving.expect(.success(number), under: "k\(number)") }
        }
        #expect(batches.all.count < 5)
        let left = try await suspects(of: serving)
        #expect(left == 0)
    }

    @Test func whatACrashedConsumerHadNotBegunIsNotSetAside() async throws {
        let serving = try await Serving()
        for number in 0..<20 { try await serving.publish(number, key: "k\(number)") }
        let (seen, never) = (Recorded<[Int]>(), Gate())
        // Of each consumer that dies only the batch that it had begun the second time is suspect.
        for round in 1...2 {
            let victim = RunningService(
                serving.runner(
                    ClosureBatchPredictor<Int, Int>(BatchLimits(maximumCount: 4)) { inputs in
                        seen.append(inputs)
                        try await never.wait()
                        return inputs
                    }))
            await seen.wait(for: round)
            await victim.kill()
        }
        let batches = Recorded<[Int]>()
        let predictor = ClosureBatchPredictor<Int, Int>(BatchLimits(maximumCount: 4)) { inputs in
            batches.append(inputs)
            return inputs
        }
        try await running(serving.runner(predictor)) {
            for number in 0..<20 { try await serving.expect(.success(number), under: "k\(number)") }
        }
        #expect(batches.all.count { $0.count == 1 } <= 4)
        #expect(batches.all.count <= 4 + 4 + 1)
    }

    /// Weighs its inputs, so that a batch holds no more of them than fit.
    private struct WeighingPredictor: BatchPredictor {
        let batches: Recorded<[Int]>
        var batchLimits: BatchLimits { BatchLimits(maximumCost: 3) }

        func cost(of input: Int) -> Double { 1.5 }

        func predict(batch inputs: [Int]) async throws -> [Int] {
            batches.append(inputs)
            return inputs
        }
    }

    @Test func requestsThatCameBackAreWeighed() async throws {
        let serving = try await serving(requests: 10, comeBack: 1)
        let batches = Recorded<[Int]>()
        let transport = FaultyTransport(serving.server.transport())
        try await running(serving.runner(WeighingPredictor(batches: batches), transport: transport)) {
            for number in 0..<10 { try await serving.expect(.success(number), under: "k\(number)") }
        }
        #expect(batches.all.allSatisfy { $0.count <= 2 })
        #expect(transport.events.all.prefix(20).allSatisfy { $0 == .put(stored: true) }, "marked before they are decoded")
    }

    @Test func consumerThatLostItsConnectionAndPredictsOnIsNoCrash() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let (seen, gate) = (Recorded<Int>(), Gate())
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            try await gate.wait()
            return number
        }
        // Each of them gets the request after the last one's channel was closed under it, and all predict it.
        let transports = (0..<6).map { _ in DetachableTransport(serving.server) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            for (number, transport) in transports.enumerated() {
                let runner = serving.runner(predictor, transport: transport)
                group.addTask { try await runner.run() }
                await seen.wait(for: number + 1)
                await transport.loseChannels()
            }
            let last = serving.runner(predictor)
            group.addTask { try await last.run() }
            await seen.wait(for: 7)
            gate.open()
            try await serving.expect(.success(1), under: "k")
        }
    }
}
