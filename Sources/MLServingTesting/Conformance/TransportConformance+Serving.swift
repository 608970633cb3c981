import MLServingCore

extension TransportConformance {
    static let servingChecks: [Check] = [
        Check(description: "answers predictions through the store") { makeTransport, kind in
            try await serve(Doubler(), kind: kind, makeTransport: makeTransport) { client, _ in
                try require(try await client.predict(21, timeout: .seconds(30)) == 42, "21 doubled is 42")
            }
        },
        Check(description: "answers predictions through replies") { makeTransport, kind in
            try await serve(Doubler(), kind: kind, mode: .queue, makeTransport: makeTransport) { client, _ in
                try require(try await client.predict(21, timeout: .seconds(30)) == 42, "21 doubled is 42")
            }
        },
        Check(description: "answers many callers, each with its own result") { makeTransport, kind in
            try await serve(Doubler(), kind: kind, makeTransport: makeTransport) { client, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<500 {
                        group.addTask {
                            let answer = try await client.predict(number, timeout: .seconds(60))
                            try require(answer == 2 * number, "\(number) doubled is \(2 * number), not \(answer)")
                        }
                    }
                    try await group.waitForAll()
                }
            }
        },
        Check(description: "answers a list of inputs, failures beside results") { makeTransport, kind in
            try await serve(Doubler(), kind: kind, makeTransport: makeTransport) { client, _ in
                let outcomes = try await client.predict(batch: [1, -1, 3], timeout: .seconds(30))
                try require(try outcomes[0].get() == 2 && outcomes[2].get() == 6, "1 and 3 have results, got \(outcomes)")
                guard case .failure(let error) = outcomes[1] else { throw ConformanceFailure("-1 has to fail") }
                try require(error.code == .invalidInput, "-1 is an invalid input, got \(error)")
            }
        },
        Check(description: "keeps the results of submitted work for whoever has the ticket") { makeTransport, kind in
            try await serve(Doubler(), kind: kind, makeTransport: makeTransport) { client, queue in
                let ticket = try await client.submit(4, timeout: .seconds(60))
                let elsewhere = ProducerClient<Int, Int>(
                    transport: try await makeTransport(),
                    configuration: ProducerConfiguration(route: Route(routingKey: queue))
                )
                try require(try await elsewhere.result(of: ticket, timeout: .seconds(30)) == 8, "4 doubled is 8")
                try require(try await client.result(of: ticket, timeout: .seconds(30)) == 8, "a result can be read again")
                await elsewhere.shutdown()
            }
        },
        Check(description: "lets a caller's deadline pass without a consumer") { makeTransport, kind in
            let transport = try await makeTransport()
            let queue = QueueDefinition(name: uniqueName("deadline"), kind: kind)
            try await withTransports(transport) {
                try await transport.broker.declare(queue)
                let client = ProducerClient<Int, Int>(
                    transport: try await makeTransport(),
                    configuration: ProducerConfiguration(route: Route(routingKey: queue.name))
                )
                do {
                    // Long enough to connect on a busy machine.
                    _ = try await client.predict(1, timeout: .seconds(3))
                    throw ConformanceFailure("nobody can have answered")
                } catch let error as ServingError {
                    try require(error.code == .expired, "the caller has to hear expired, heard \(error)")
                }
                await client.shutdown()
            }
        },
    ]

    /// Doubles a number, and refuses negative ones.
    struct Doubler: BatchPredictor {
        func predict(batch inputs: [Int]) async throws -> [Int] {
            try inputs.map { input in
                guard input >= 0 else { throw ServingError(code: .invalidInput, message: "\(input) is negative") }
                return 2 * input
            }
        }
    }

    private static func serve(
        _ predictor: Doubler,
        kind: QueueDefinition.Kind,
        mode: ProducerConfiguration.ResultMode = .store,
        makeTransport: MakeTransport,
        body: (ProducerClient<Int, Int>, String) async throws -> Void
    ) async throws {
        let queue = QueueDefinition(name: uniqueName("serving"), kind: kind)
        var configuration = ConsumerConfiguration(queue: queue, prefetch: 64, gracefulShutdownSignals: [])
        configuration.deadLetterQueue = nil
        let producer = try await makeTransport()
        let runner = ConsumerRunner(predictor, transport: try await makeTransport(), configuration: configuration)
        let client = ProducerClient<Int, Int>(
            transport: producer,
            configuration: ProducerConfiguration(route: Route(routingKey: queue.name), resultMode: mode)
        )
        // The queue has to be there before the first request, whichever party is up first.
        let declarer = try await makeTransport()
        try await withTransports(declarer) { _ = try await declarer.broker.declare(queue) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await runner.run() }
            defer { group.cancelAll() }
            try await body(client, queue.name)
            await client.shutdown()
        }
    }
}
