internal import Compression

/// What answers a request: its record, and how the outputs in it are encoded.
struct Answer: Sendable {
    let record: ResultRecord
    let codec: any PayloadCodec

    /// - Throws: ``ServingError`` with `invalid_output` for what is no record.
    init(_ bytes: [UInt8]) throws(ServingError) {
        let bytes = Zstandard.isFrame(bytes) ? try PayloadCompression.expanded(bytes, orElse: .invalidOutput) : bytes
        // A record in JSON begins with a brace, which in MessagePack is a number, and in no pickle an instruction.
        if bytes.first == UInt8(ascii: "{") {
            codec = JSONCodec()
        } else {
            codec = ContentType.sniffed(from: bytes[...]) == .pickle ? PickleCodec() : MessagePackCodec()
        }
        do {
            record = try codec.decode(recordFrom: bytes[...])
        } catch {
            throw ServingError(code: .invalidOutput, message: "what was stored as the result is not a result record: \(error)")
        }
    }

    /// An answer of the template's consumers, or of one of ours to a request of the template's: the pickled output, or an error in its place.
    init(bare bytes: [UInt8]) {
        codec = PickleCodec()
        let error =
            bytes.prefix(BareError.longestStart).firstRange(of: BareError.name) == nil
            ? nil : try? codec.decode(BareError.self, from: bytes[...])
        record = ResultRecord(requestID: "", outcomes: [error.map { .failure($0.error.error) } ?? .success(bytes[...])])
    }

    private init(record: ResultRecord, codec: any PayloadCodec) {
        self.record = record
        self.codec = codec
    }

    /// One outcome for each input.
    ///
    /// - Throws: ``ServingError`` with `invalid_output` when there are more or fewer.
    func outcomes(forInputs count: Int) throws(ServingError) -> [ResultRecord.Outcome] {
        if let first = record.outcomes.first, record.outcomes.count == 1, count > 1, case .failure = first {
            // The request was refused before its inputs were told apart.
            return Array(repeating: first, count: count)
        }
        guard record.outcomes.count == count else {
            let inputs = count == 1 ? "1 input" : "\(count) inputs"
            throw ServingError(code: .invalidOutput, message: "the result has \(record.outcomes.count) outcomes for \(inputs)")
        }
        return record.outcomes
    }

    /// The answer to one of several inputs.
    func share(_ outcome: ResultRecord.Outcome) -> Answer {
        Answer(record: ResultRecord(requestID: record.requestID, outcomes: [outcome], times: record.times), codec: codec)
    }

    /// Decodes an output.
    ///
    /// - Throws: ``ServingError``: the outcome's, or `invalid_output` when it is no such value.
    func decode<Output: Decodable>(_ outcome: ResultRecord.Outcome, as type: Output.Type = Output.self) throws(ServingError) -> Output {
        let value: ArraySlice<UInt8>
        switch outcome {
        case .success(let bytes): value = bytes
        case .failure(let error): throw error.of(request: record.requestID)
        }
        do {
            return try codec.value(Output.self, from: value)
        } catch {
            let reason = ServingError(code: .invalidOutput, message: "the result cannot be read: \(error.plainWords)")
            throw reason.of(request: record.requestID)
        }
    }
}
