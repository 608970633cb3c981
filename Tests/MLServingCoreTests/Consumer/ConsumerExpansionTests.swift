import Compression
import Testing

@testable import MLServingCore

/// Bodies are expanded within one budget of bytes, whatever the number of requests.
@Suite("ConsumerRunner: expansion", .timeLimit(.minutes(5)))
struct ConsumerExpansionTests {
    private func request(_ key: String, expandsTo count: Int) throws -> Message {
        let body = try MessagePackCodec().encode(String(repeating: "x", count: count - 5))
        let frame = try #require(Zstandard.compress(body))
        return Message(
            body: frame, contentType: "application/msgpack", contentEncoding: "zstd", messageID: key,
            headers: [MessageHeader.resultKey: .string(key)])
    }

    @Test(arguments: [200_000, 2_000_000])
    func whatExceedsTheBudgetWaitsUntilOthersAreDone(size: Int) async throws {
        let serving = try await Serving()
        let (seen, gate) = (Recorded<Int>(), Gate())
        for number in 0..<6 { try await serving.publish(request("k\(number)", expandsTo: size)) }
        try await serving.publish(
            Message(body: MessagePackCodec().encode("small"), messageID: "s", headers: [MessageHeader.resultKey: .string("s")]))
        let predictor = ClosurePredictor<String, Int> { text in
            seen.append(text.utf8.count)
            if text.utf8.count > 5 { try await gate.wait() }
            return text.utf8.count
        }
        let runner = serving.runner(predictor) {
            $0.maximumHeldBytes = size * 2 + size / 2
            $0.concurrency = 8
        }
        try await running(runner) {
            // What is small does not wait for room.
            try await serving.expect(.success(5), under: "s")
            await seen.wait(for: 3)
            #expect(seen.all.count { $0 > 5 } == 2, "two fit into the budget")
            gate.open()
            for number in 0..<6 { try await serving.expect(.success(size - 5), under: "k\(number)") }
        }
    }

    /// What a body expanded to is gone once it has been answered, however long the answer waits for the store.
    @Test func answerTakesThePlaceOfItsBody() async throws {
        let serving = try await Serving()
        let seen = Recorded<Int>()
        for number in 0..<3 { try await serving.publish(request("k\(number)", expandsTo: 200_000)) }
        let predictor = ClosurePredictor<String, Int> { text in
            seen.append(text.utf8.count)
            return text.utf8.count
        }
        let transport = FaultyTransport(serving.server.transport(), .init(puts: .max))
        try await running(serving.runner(predictor, transport: transport) { $0.maximumHeldBytes = 300_000 }) {
            await seen.wait(for: 3)
            transport.change { $0.puts = 0 }
            for number in 0..<3 { try await serving.expect(.success(199_995), under: "k\(number)") }
        }
    }

    @Test func answerThatIsNotStoredTakesRoom() async throws {
        let serving = try await Serving()
        let (seen, tried) = (Recorded<String>(), Recorded<String>())
        let predictor = ClosurePredictor<String, String> { text in
            seen.append(String(text.prefix(4)))
            return text == "grow" ? String(repeating: "y", count: 400_000) : "done"
        }
        let refusal: @Sendable (StoreEntry) -> TransportError? = { entry in
            tried.append(entry.key)
            return TransportError(code: .unavailable, message: "the test keeps the store away")
        }
        let transport = FaultyTransport(serving.server.transport(), .init(entryRefusal: refusal))
        @Sendable func publish(_ text: String) async throws {
            try await serving.publish(
                Message(body: MessagePackCodec().encode(text), messageID: text, headers: [MessageHeader.resultKey: .string(text)]))
        }
        try await running(serving.runner(predictor, transport: transport) { $0.maximumHeldBytes = 300_000 }) {
            try await publish("grow")
            await tried.wait()
            #expect(tried.all.first == Serving.key("grow"))
            try await serving.publish(request("large", expandsTo: 200_000))
            try await publish("small")
            await seen.wait(for: 2)
            #expect(seen.all == ["grow", "smal"], "there is no room for the large one")
            transport.change { $0.entryRefusal = nil }
            #expect(try await serving.record(under: "large").outcomes.count == 1)
            #expect(try await serving.record(under: "grow").outcomes.count == 1)
        }
    }

    @Test func bodyThatAloneExceedsTheBudgetIsRefused() async throws {
        let serving = try await Serving()
        try await serving.publish(request("large", expandsTo: 300_000))
        try await serving.publish(request("right", expandsTo: 100_000))
        try await running(serving.runner(ClosurePredictor<String, Int> { $0.utf8.count }) { $0.maximumHeldBytes = 200_000 }) {
            #expect(try await serving.number(under: "large").failure?.code == .tooLarge)
            try await serving.expect(.success(99_995), under: "right")
        }
    }

    /// Each input takes memory of its own, however few bytes it has.
    @Test(arguments: ["application/msgpack", "application/json"]) func listThatTakesMoreThanTheBudgetIsRefused(type: String) async throws {
        let serving = try await Serving()
        for (key, count, stated) in [("many", 1_000, 1_000), ("few", 100, 100), ("lying", 1_000, 1)] {
            let body =
                type == "application/json"
                ? try JSONCodec().encode([Int](repeating: 1, count: count))
                : try MessagePackCodec().encode([Int](repeating: 1, count: count))
            try await serving.publish(
                Message(
                    body: body, contentType: type, messageID: key,
                    headers: [MessageHeader.resultKey: .string(key), MessageHeader.items: .integer(Int64(stated))]))
        }
        try await running(serving.runner(ClosurePredictor<Int, Int> { $0 }) { $0.maximumHeldBytes = 200_000 }) {
            let many = try await serving.record(under: "many").outcomes
            #expect(many.map(\.failure?.code) == [.tooLarge])
            #expect(try await serving.record(under: "few").outcomes.count == 100)
            #expect(try await serving.record(under: "lying").outcomes.map(\.failure?.code) == [.malformedRequest])
        }
    }

    @Test func sizesAreToldByFramesBeforeTheyAreExpanded() throws {
        let body = try request("k", expandsTo: 1_000_000).body
        #expect(try Zstandard.expandedByteCount(of: body) == 1_000_000)
        #expect(try Zstandard.expandedByteCount(of: body + body) == 2_000_000)
        #expect(try Zstandard.expandedByteCount(of: [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x19, 0x00, 0x00, 0x61, 0x62, 0x63]) == nil)
        for bytes in [[], [1, 2, 3], Array(body.dropLast()), body + [1]] as [[UInt8]] {
            #expect(throws: CompressionError.self) { try Zstandard.expandedByteCount(of: bytes) }
        }
        // A frame that says more than the rest of the world has room for.
        var lying: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0xe0]
        lying += [UInt8](repeating: 0xff, count: 8) + [0x01, 0x00, 0x00]
        #expect(try (Zstandard.expandedByteCount(of: lying) ?? .max) > PayloadCompression.maximumByteCount)
    }

    @Test func budgetIsGivenBackInFull() {
        var held = HeldBytes(limit: 200_000)
        let (first, second, small) = (held.reserve(150_000, for: 1), held.reserve(100_000, for: 2), held.reserve(60_000, for: 3))
        #expect(first && !second && small, "small bodies are not counted")
        let released = [3, 1, 1].map { held.release($0) }
        #expect(released == [false, true, false] && held.used == 0)
        let (all, more) = (held.reserve(200_000, for: 2), held.reserve(.max, for: 4))
        #expect(all && !more)
        let (shrinks, grows) = (held.replace(2, by: 70_000), held.replace(2, by: 300_000))
        #expect(shrinks && !grows && held.used == 300_000)
        let (isRefused, isSmall) = (held.reserve(100_000, for: 5), held.replace(2, by: 10))
        #expect(!isRefused && isSmall && held.used == 0)
    }
}
