import MLServing

/// Asks for the predictions of many inputs, in parts, and prints their outputs in order as they come.
struct ListPrediction {
    /// How many inputs a message has at most.
    private static let partSize = 500
    /// How many messages are under way at once, whose outputs may have to wait for earlier ones.
    private static let partsInFlight = 4

    let client: ProducerClient<EncodedValue, EncodedValue>
    /// How long all of it may take.
    let timeout: Duration

    /// Prints one line for each input; a failed one is an object with `error`.
    ///
    /// - Throws: The first failure, after all lines have been printed; what stops all of it, at once.
    func run(_ inputs: [EncodedValue]) async throws {
        let deadline = ContinuousClock.now + timeout
        let parts = stride(from: 0, to: inputs.count, by: Self.partSize).map { inputs[$0..<min($0 + Self.partSize, inputs.count)] }
        var failure: ServingError?
        var progress = TerminalProgress("inputs", of: inputs.count)
        try await withThrowingTaskGroup(of: (Int, [Result<EncodedValue, ServingError>]).self) { group in
            func begin(_ number: Int) {
                group.addTask { [client] in
                    (number, try await client.predict(batch: Array(parts[number]), timeout: max(.milliseconds(1), deadline - .now)))
                }
            }
            for number in parts.indices.prefix(Self.partsInFlight) { begin(number) }
            var waiting: [Int: [Result<EncodedValue, ServingError>]] = [:]
            var next = 0
            while let (number, outcomes) = try await group.next() {
                waiting[number] = outcomes
                // One begins for each that is printed, so no more than that many ever wait.
                while let outcomes = waiting.removeValue(forKey: next) {
                    progress.clear()
                    for outcome in outcomes { try print(outcome, &failure) }
                    progress.show(adding: outcomes.count)
                    if next + Self.partsInFlight < parts.count { begin(next + Self.partsInFlight) }
                    next += 1
                }
            }
        }
        progress.clear()
        if let failure { throw failure }
    }

    private func print(_ outcome: Result<EncodedValue, ServingError>, _ failure: inout ServingError?) throws {
        switch outcome {
        case .success(let output):
            // Outside of strings, which cannot have them, line breaks are space in JSON.
            let line = try output.jsonText().utf8.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0 }
            try StandardOutput.write(line + [UInt8(ascii: "\n")])
        case .failure(let error):
            failure = failure ?? error
            let object = ["error": ["code": error.code.rawValue, "message": error.message]]
            try StandardOutput.print(String(decoding: try JSONCodec().encode(object), as: UTF8.self))
        }
    }
}
