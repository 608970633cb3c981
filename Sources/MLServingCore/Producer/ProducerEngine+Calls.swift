internal import EventLoop

/// Calls of any model with any type of input and output. Encoding and decoding happen with the callers.
extension ProducerEngine {
    nonisolated func prediction<Input: Encodable & Sendable, Output: Decodable & Sendable>(
        for input: Input, by terms: RequestTerms
    ) async throws -> Prediction<Output> {
        let terms = try self.terms(terms, for: input)
        let answer = try await answer(to: try encode(input, by: terms), by: terms)
        let outcome = try answer.outcomes(forInputs: 1)[0]
        return Prediction(output: try answer.decode(outcome), requestID: answer.record.requestID, times: answer.record.times)
    }

    private nonisolated func answer(to body: ArraySlice<UInt8>, by terms: RequestTerms) async throws -> Answer {
        guard configuration.coalescing != nil, terms.mayShare else { return try await answer(to: Array(body), inputs: nil, by: terms) }
        return try await telemetry.request(to: terms.model, inputs: 1) { headers in
            let timeout = self.timeout(terms.options.timeout)
            return try await answer(to: CoalescedCall(input: body, model: terms.model, timeout: timeout, headers: headers))
        }
    }

    private nonisolated func answer(to body: [UInt8], inputs: Int?, by terms: RequestTerms) async throws -> Answer {
        try await telemetry.request(to: terms.model, inputs: inputs ?? 1) { headers in
            let request = try makeRequest(body: body, inputs: inputs, by: terms, headers: headers)
            do {
                let answer = try answer(from: try await answer(to: request))
                heed(answer, of: terms.model)
                return answer
            } catch let error as ServingError {
                throw error.of(request: request.id)
            }
        }
    }

    // MARK: Several inputs

    nonisolated func predictions<Input: Encodable & Sendable, Output: Decodable & Sendable>(
        for inputs: [Input], by terms: RequestTerms
    ) async throws -> BatchPrediction<Output> {
        guard let first = inputs.first else { return BatchPrediction(outcomes: [], requestID: "", times: ResultRecord.Times()) }
        if configuration.dialect == .template { return try await predictEach(inputs, by: terms) }
        let terms = try self.terms(terms, for: first)
        let body = try join(try inputs.map { try encode($0, by: terms) }, with: terms.codec ?? configuration.codec)
        let answer = try await answer(to: body, inputs: inputs.count, by: terms)
        let outcomes = try answer.outcomes(forInputs: inputs.count).map { outcome in
            Result { () throws(ServingError) in try answer.decode(outcome, as: Output.self) }
        }
        return BatchPrediction(outcomes: outcomes, requestID: answer.record.requestID, times: answer.record.times)
    }

    /// One request for each input, since the template's messages carry one.
    private nonisolated func predictEach<Input: Encodable & Sendable, Output: Decodable & Sendable>(
        _ inputs: [Input], by terms: RequestTerms
    ) async throws -> BatchPrediction<Output> {
        try await withThrowingTaskGroup(of: (Int, Result<Output, ServingError>).self) { group in
            for (index, input) in inputs.enumerated() {
                group.addTask {
                    do {
                        return (index, .success(try await self.prediction(for: input, by: terms).output))
                    } catch let error as ServingError {
                        return (index, .failure(error))
                    }
                }
            }
            var results: [Int: Result<Output, ServingError>] = [:]
            for try await (index, result) in group { results[index] = result }
            return BatchPrediction(outcomes: inputs.indices.compactMap { results[$0] }, requestID: "", times: ResultRecord.Times())
        }
    }

    // MARK: Work for later

    nonisolated func submit<Input: Encodable & Sendable>(_ input: Input, by terms: RequestTerms) async throws -> Ticket {
        guard configuration.resultMode == .store || configuration.resultQueue != nil else {
            let message = "submitted work needs results in the store, or a result queue; this client has them as replies"
            throw ServingError(code: .unroutable, message: message)
        }
        let terms = try self.terms(terms, for: input)
        let body = try encode(input, by: terms)
        return try await telemetry.request(to: terms.model, inputs: 1) { headers in
            let request = try makeRequest(body: Array(body), inputs: nil, by: terms, headers: headers, isSubmission: true)
            do {
                try await submit(request)
            } catch let error as ServingError {
                throw error.of(request: request.id)
            }
            return Ticket(key: request.address)
        }
    }

    nonisolated func result<Output: Decodable & Sendable>(of ticket: Ticket, timeout: Duration?) async throws -> Output {
        let deadline = executor.now + (timeout ?? configuration.timeout)
        let bytes = try await record(under: ticket.key, until: deadline)
        let answer = try answer(from: bytes)
        guard let outcome = answer.record.outcomes.first else {
            throw ServingError(code: .invalidOutput, message: "the result under \(ticket.key) has no outcome")
        }
        return try answer.decode(outcome)
    }

    // MARK: Encoding

    /// The terms with the encoding of an input that is encoded already, if that is not the client's own.
    ///
    /// - Throws: ``ServingError`` with `unsupported_content_type` for one that nobody knows.
    private nonisolated func terms<Input>(_ terms: RequestTerms, for input: Input) throws(ServingError) -> RequestTerms {
        // A cast alone takes longer than comparing types does.
        guard Input.self == EncodedValue.self, configuration.dialect == .native, let encoded = input as? EncodedValue,
            encoded.contentType != configuration.codec.contentType
        else { return terms }
        var terms = terms
        terms.codec = try PayloadCodecs.standard.codec(for: encoded.contentType.rawValue)
        return terms
    }

    /// Encodes an input, or takes it as it is if it is encoded already.
    ///
    /// - Throws: ``ServingError`` with `invalid_input`; with `unsupported_content_type` for an encoded input among others of another type.
    private nonisolated func encode<Input: Encodable>(_ input: Input, by terms: RequestTerms) throws -> ArraySlice<UInt8> {
        let codec = terms.codec ?? configuration.codec
        do {
            return try codec.payload(input)
        } catch let error as ServingError {
            throw error
        } catch {
            throw ServingError(code: .invalidInput, message: "the input cannot be encoded as \(codec.contentType): \(error)")
        }
    }

    private nonisolated func join(_ inputs: [ArraySlice<UInt8>], with codec: any PayloadCodec) throws(ServingError) -> [UInt8] {
        do {
            return try codec.join(list: inputs)
        } catch {
            throw ServingError(code: .invalidInput, message: "the inputs cannot be encoded as a list in \(codec.contentType): \(error)")
        }
    }
}
