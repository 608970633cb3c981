internal import EventLoop
internal import FoundationEssentials

/// One input of a request, on its way to the predictor.
///
/// A class, because it passes from hand to hand: one count to keep instead of those of all its members.
///
/// `@unchecked Sendable`: changed on the consumer engine's executor only, and no more once a prediction thread has it.
final class PredictionWork: @unchecked Sendable {
    /// Which request it belongs to, and which of its inputs it is.
    let request: UInt64
    let index: Int
    /// What the predictor may know of that request.
    let origin: RequestOrigin
    let input: ArraySlice<UInt8>
    let codec: any PayloadCodec
    /// What its output is to be encoded by.
    let outputCodec: any PayloadCodec
    /// When the caller stops waiting.
    let deadline: ContinuousClock.Instant?
    /// Its share of a batch's limit.
    var cost = 1.0
    /// The predictor's input, if it has been decoded to weigh it.
    var decoded: (any Sendable)?
    /// What it has in common with equal inputs, if it is predicted for them too.
    var cacheKey: CacheKey?

    init(
        request: UInt64, index: Int, origin: RequestOrigin, input: ArraySlice<UInt8>, codec: any PayloadCodec,
        outputCodec: any PayloadCodec, deadline: ContinuousClock.Instant?
    ) {
        self.request = request
        self.index = index
        self.origin = origin
        self.input = input
        self.codec = codec
        self.outputCodec = outputCodec
        self.deadline = deadline
    }
}

/// How predictions of one predictor are run, whatever its input and output are.
///
/// Decoding, predicting and encoding all happen where ``predict(_:in:)`` is called: on a prediction thread. Only inputs that are weighed are decoded
/// before.
struct PredictionProgram: Sendable {
    /// How inputs are put together; `nil`: each is predicted by itself.
    let batchLimits: BatchLimits?
    /// How many predictions should run at once if nobody says otherwise.
    let defaultConcurrency: Int
    /// Whether predictions may run on the thread of the connections.
    let isQuick: Bool
    /// What makes equal inputs one; `nil`: nothing does.
    let caching: ResultCaching?
    /// How many inputs the predictor wants predicted before any request.
    let warmUpCount: Int
    private typealias Run = @Sendable ([PredictionWork], PredictionScene) async -> [ResultRecord.Outcome]
    /// Loads what predictions need.
    let load: @Sendable () async throws -> Void
    /// Releases it.
    let unload: @Sendable () async -> Void
    private let warm: @Sendable () async -> [ResultRecord.Outcome]
    private let run: Run
    private let weighing: (@Sendable (PredictionWork) -> Void)?

    /// - Parameter isQuick: Whether predictions may run on the thread of the connections; `nil`: as the predictor says.
    init<Model: Predictor>(_ predictor: Model, isQuick: Bool? = nil) {
        if let predictor = predictor as? any BatchPredictor {
            self = Self.batched(predictor, isQuick: isQuick)
        } else {
            load = { try await predictor.load() }
            unload = { await predictor.unload() }
            batchLimits = nil
            weighing = nil
            defaultConcurrency = ProcessInfo.processInfo.activeProcessorCount
            self.isQuick = isQuick ?? predictor.isQuick
            caching = predictor.resultCaching
            let inputs = predictor.warmUpInputs
            warmUpCount = inputs.count
            warm = {
                var outcomes: [ResultRecord.Outcome] = []
                for input in inputs {
                    outcomes.append(await Self.outcome(encodedBy: MessagePackCodec()) { try await predictor.predict(input) })
                }
                return outcomes
            }
            run = { work, scene in
                var outcomes: [ResultRecord.Outcome] = []
                for (index, item) in work.enumerated() {
                    outcomes.append(
                        await Self.outcome(encodedBy: item.outputCodec) {
                            let input = try Self.decode(item) as Model.Input
                            return try await scene.predict(work[index...index]) { try await predictor.predict(input) }
                        })
                }
                return outcomes
            }
        }
    }

    private init(
        limits: BatchLimits,
        isQuick: Bool,
        caching: ResultCaching?,
        warmUpCount: Int,
        load: @escaping @Sendable () async throws -> Void,
        unload: @escaping @Sendable () async -> Void,
        warm: @escaping @Sendable () async -> [ResultRecord.Outcome],
        weighing: (@Sendable (PredictionWork) -> Void)?,
        run: @escaping Run
    ) {
        batchLimits = limits
        defaultConcurrency = 1
        self.isQuick = isQuick
        self.caching = caching
        self.warmUpCount = warmUpCount
        self.load = load
        self.unload = unload
        self.warm = warm
        self.weighing = weighing
        self.run = run
    }

    /// Predicts the predictor's warm-up inputs, where the caller runs: one outcome for each.
    func warmUp() async -> [ResultRecord.Outcome] {
        await warm()
    }

    /// Whether inputs are decoded and weighed before they wait for their batch.
    var weighs: Bool { weighing != nil }

    /// Weighs an input, where the caller runs, if the predictor wants inputs weighed.
    func weigh(_ work: PredictionWork) {
        weighing?(work)
    }

    /// Predicts a batch, where the caller runs: one outcome for each input.
    func predict(_ work: [PredictionWork], in scene: PredictionScene) async -> [ResultRecord.Outcome] {
        await run(work, scene)
    }

    private static func batched<Model: BatchPredictor>(_ predictor: Model, isQuick: Bool?) -> PredictionProgram {
        let (limits, warmUpInputs) = (predictor.batchLimits, predictor.warmUpInputs)
        let warm: @Sendable () async -> [ResultRecord.Outcome] = {
            var outcomes: [ResultRecord.Outcome] = []
            for start in stride(from: 0, to: warmUpInputs.count, by: limits.maximumCount) {
                let end = min(start + limits.maximumCount, warmUpInputs.count)
                for result in await bisect(Array(warmUpInputs[start..<end]), with: predictor, { _, predict in try await predict() }) {
                    outcomes.append(await outcome(encodedBy: MessagePackCodec()) { try result.get() })
                }
            }
            return outcomes
        }
        let weighing: @Sendable (PredictionWork) -> Void = { work in
            // What cannot be decoded says so when it is predicted.
            guard let input = try? decode(work) as Model.Input else { return }
            let cost = predictor.cost(of: input)
            work.cost = cost.isNaN ? .infinity : max(0, cost)
            work.decoded = input
        }
        return PredictionProgram(
            limits: limits, isQuick: isQuick ?? predictor.isQuick, caching: predictor.resultCaching, warmUpCount: warmUpInputs.count,
            load: { try await predictor.load() }, unload: { await predictor.unload() }, warm: warm,
            weighing: limits.maximumCost == nil ? nil : weighing
        ) { work, scene in
            var outcomes = [ResultRecord.Outcome?](repeating: nil, count: work.count)
            var inputs: [Model.Input] = []
            var positions: [Int] = []
            for (position, item) in work.enumerated() {
                do {
                    inputs.append(try decode(item))
                    positions.append(position)
                } catch {
                    outcomes[position] = .failure(ServingError(predictionFailure: error))
                }
            }
            let readable = positions.count == work.count ? work : positions.map { work[$0] }
            let results = await bisect(inputs, with: predictor) { part, predict in
                try await scene.predict(readable[part]) { try await predict() }
            }
            for (index, position) in positions.enumerated() {
                outcomes[position] = await outcome(encodedBy: work[position].outputCodec) { try results[index].get() }
            }
            return outcomes.map { $0 ?? .failure(ServingError(code: .predictionFailed, message: "no outcome was produced")) }
        }
    }

    /// Predicts a batch; when it fails, its halves, until what fails stands alone.
    ///
    /// - Parameters:
    ///   - start: Where among all inputs these begin.
    ///   - predicting: Surrounds each prediction of a part of all inputs.
    private static func bisect<Model: BatchPredictor>(
        _ inputs: [Model.Input],
        from start: Int = 0,
        with predictor: Model,
        _ predicting: (Range<Int>, () async throws -> [Model.Output]) async throws -> [Model.Output]
    ) async -> [Result<Model.Output, any Error>] {
        guard !inputs.isEmpty else { return [] }
        do {
            let outputs = try await predicting(start..<start + inputs.count) { try await predictor.predict(batch: inputs) }
            guard outputs.count == inputs.count else {
                let message = "the predictor returned \(outputs.count) outputs for \(inputs.count) inputs"
                throw ServingError(code: .predictionFailed, message: message)
            }
            return outputs.map { .success($0) }
        } catch {
            guard inputs.count > 1, !Task.isCancelled else { return inputs.map { _ in .failure(error) } }
            let middle = inputs.count / 2
            let first = await bisect(Array(inputs[..<middle]), from: start, with: predictor, predicting)
            return first + (await bisect(Array(inputs[middle...]), from: start + middle, with: predictor, predicting))
        }
    }

    private static func decode<Input: Decodable>(_ work: PredictionWork) throws -> Input {
        if let decoded = work.decoded, let input = decoded as? Input { return input }
        do {
            return try work.codec.value(Input.self, from: work.input)
        } catch let error as ServingError {
            throw error
        } catch {
            throw ServingError(code: .invalidInput, message: "the input cannot be read: \(error.plainWords)")
        }
    }

    private static func outcome<Output: Encodable>(
        encodedBy codec: any PayloadCodec,
        _ predict: () async throws -> Output
    ) async -> ResultRecord.Outcome {
        do {
            return .success(try codec.payload(try await predict()))
        } catch {
            return .failure(ServingError(predictionFailure: error))
        }
    }
}

extension ServingError {
    /// The outcome for an error that a predictor threw.
    init(predictionFailure error: any Error) {
        switch error {
        case let error as ServingError: self = error
        case is CancellationError: self.init(code: .cancelled, message: "the prediction was cancelled", isRetryable: true)
        default: self.init(code: .predictionFailed, message: error.plainWords)
        }
    }
}
