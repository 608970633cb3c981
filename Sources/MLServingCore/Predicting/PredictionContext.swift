internal import EventLoop
public import Logging

/// What a predictor can learn of the requests that it works for.
///
/// ```swift
/// func predict(_ text: String) async throws -> [Label] {
///     let request = PredictionContext.current?.requests.first
///     let count = request?.parameters["top_k"]?.integer ?? 5
///     …
/// }
/// ```
public struct PredictionContext: Sendable {
    /// The context of the prediction that this task works on; `nil` outside of one, and while the predictor is warmed up.
    @TaskLocal public static var current: PredictionContext?

    /// When the first caller of the batch stops waiting; `nil` when none said so.
    public let deadline: ContinuousClock.Instant?

    let scene: PredictionScene
    private let work: ArraySlice<PredictionWork>

    init(_ work: ArraySlice<PredictionWork>, scene: PredictionScene) {
        self.work = work
        self.scene = scene
        deadline = work.lazy.compactMap(\.deadline).min()
    }

    /// The time until ``deadline``; not positive when it has passed.
    public var timeLeft: Duration? { deadline.map { $0 - scene.executor.now } }

    /// The model that is asked.
    public var model: ModelAddress { scene.model }

    /// The requests, one for each input, in the order in which the predictor gets the inputs.
    public var requests: [PredictionRequest] { work.map { PredictionRequest($0) } }

    /// A logger whose lines name the model and the requests, as the consumer's own lines do.
    public var logger: Logger { scene.telemetry.logger(for: work, of: scene.model) }
}

/// Where predictions of one consumer take place.
struct PredictionScene: Sendable {
    let executor: any TimedExecutor
    let model: ModelAddress
    let telemetry: ConsumerTelemetry

    /// Predicts in the context of what is predicted.
    func predict<Outcome: Sendable>(
        _ work: ArraySlice<PredictionWork>, _ body: () async throws -> Outcome
    ) async rethrows -> Outcome {
        try await telemetry.tracingPrediction(of: work, by: model) {
            try await PredictionContext.$current.withValue(PredictionContext(work, scene: self)) { try await body() }
        }
    }
}
