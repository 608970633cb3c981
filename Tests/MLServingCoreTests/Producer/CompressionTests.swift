import Testing

@testable import MLServingCore

@Suite("Compressed payloads", .timeLimit(.minutes(5)))
struct CompressionTests {
    private static let input = (0..<2_000).map { $0 / 10 }

    private func client(_ serving: Serving, _ mode: Serving.Mode = .store, codec: any PayloadCodec = MessagePackCodec()) -> ProducerClient<
        [Int], [Int]
    > {
        serving.client(mode, of: ([Int].self, [Int].self)) {
            $0.compression = PayloadCompression(minimumByteCount: 1_000)
            $0.codec = codec
        }
    }

    private func runner(_ serving: Serving) -> ConsumerRunner {
        serving.runner(ClosurePredictor<[Int], [Int]> { $0 }) { $0.compression = PayloadCompression(minimumByteCount: 1_000) }
    }

    private func expectEcho(_ client: ProducerClient<[Int], [Int]>, of input: [Int] = Self.input) async throws {
        let output = try await client.predict(input, timeout: .seconds(60))
        #expect(output == input)
    }

    /// The next request in the queue, and its sender's result.
    private func submitted(by client: ProducerClient<[Int], [Int]>, _ serving: Serving) async throws -> (message: Message, ticket: Ticket) {
        let ticket = try await client.submit(Self.input, timeout: .seconds(60))
        let transport = serving.server.transport()
        let source = try await transport.broker.consume(serving.queue.name, prefetch: 1)
        let delivery = try await source.next()[0]
        source.acknowledge([delivery.tag])
        await source.cancel()
        return (delivery.message, ticket)
    }

    @Test(arguments: [Serving.Mode.store, .queue])
    func requestsAndResultsAreWhatTheyWere(mode: Serving.Mode) async throws {
        let serving = try await Serving()
        for codec in [MessagePackCodec(), JSONCodec()] as [any PayloadCodec] {
            let client = client(serving, mode, codec: codec)
            try await running(runner(serving)) {
                for _ in 0..<3 { try await expectEcho(client) }
                try await expectEcho(client, of: [1])
                let outcomes = try await client.predict(batch: [Self.input, [2]], timeout: .seconds(60))
                let outputs = try outcomes.map { try $0.get() }
                #expect(outputs == [Self.input, [2]])
            }
            await client.shutdown()
        }
    }

    @Test func requestsAreCompressedOnceAConsumerHasSaidThatItTakesThem() async throws {
        let serving = try await Serving()
        let client = client(serving)
        let before = try await submitted(by: client, serving).message
        #expect(before.contentEncoding == nil)
        #expect(before.acceptsCompression)
        try await running(runner(serving)) { try await expectEcho(client) }
        let after = try await submitted(by: client, serving)
        #expect(after.message.contentEncoding == "zstd")
        #expect(after.message.body.count < before.body.count / 2)
        #expect(try after.message.expandedBody() == before.body)

        // Now one answers that does not take them.
        async let answer = client.predict(Self.input, timeout: .seconds(60))
        let transport = serving.server.transport()
        let source = try await transport.broker.consume(serving.queue.name, prefetch: 1)
        let delivery = try await source.next()[0]
        let key = try #require(delivery.message.headers[MessageHeader.resultKey]?.string)
        let record = try MessagePackCodec().encode(
            record: ResultRecord(requestID: "r", outcomes: [.success(MessagePackCodec().encode([7])[...])]))
        _ = try await transport.store.put([StoreEntry(key: key, value: record, timeToLive: .seconds(60))])
        source.acknowledge([delivery.tag])
        await source.cancel()
        #expect(try await answer == [7])
        #expect(try await submitted(by: client, serving).message.contentEncoding == nil)
        await client.shutdown()
    }

    @Test func resultsAreCompressedOnlyForThoseWhoTakeThem() async throws {
        let serving = try await Serving()
        let codec = MessagePackCodec()
        for (key, accepts) in [("plain", nil), ("zstd", "gzip, zstd"), ("gzip", "gzip")] as [(String, String?)] {
            var message = Message(body: try codec.encode(Self.input), messageID: key, headers: [MessageHeader.resultKey: .string(key)])
            message.headers[MessageHeader.acceptEncoding] = accepts.map { .string($0) }
            try await serving.publish(message)
        }
        let store = serving.server.transport().store
        let records = try await running(runner(serving)) {
            var records: [[UInt8]] = []
            for key in ["plain", "zstd", "gzip"].map(Serving.key) {
                try await store.withNotifications(forKeysWithPrefix: key) { source in
                    while try await store.contains([key]) == [false] { _ = try await source.next() }
                }
                records.append(try await store.get([key])[0] ?? [])
            }
            return records
        }
        #expect(records.map { $0.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) } == [false, true, false])
        #expect(try codec.decode(recordFrom: records[0][...]).acceptedEncoding == nil)
        #expect(try Answer(records[1]).record.acceptedEncoding == "zstd")
        #expect(try Answer(records[1]).record.outcomes.first?.get() == codec.encode(Self.input)[...])
    }

    @Test(arguments: [
        ("br", ServingError.Code.unsupportedContentType), ("zstd", .malformedRequest),
    ])
    func whatCannotBeExpandedIsRefused(encoding: String, code: ServingError.Code) async throws {
        let serving = try await Serving()
        var message = Message(body: [1, 2, 3], contentEncoding: encoding, messageID: "m")
        message.headers[MessageHeader.resultKey] = .string("m")
        try await serving.publish(message)
        try await running(runner(serving)) {
            let failure = try await serving.number(under: "m").failure
            #expect(failure?.code == code)
        }
        let letter = try await serving.deadLetters(1)[0]
        #expect(letter.body == [1, 2, 3])
        #expect(letter.contentEncoding == encoding)
    }

    @Test func recordThatExpandsToNothingUsableIsAnInvalidOutput() {
        let error = #expect(throws: ServingError.self) { try Answer([0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff]) }
        #expect(error?.code == .invalidOutput)
    }
}
