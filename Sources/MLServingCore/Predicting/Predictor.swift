/// A model, or anything else that turns inputs into outputs.
///
/// ```swift
/// struct Shout: Predictor {
///     func predict(_ text: String) async throws -> String { text.uppercased() }
/// }
/// ```
///
/// Predictions run on threads of their own (unless ``isQuick``), so a predictor may compute for as long as it takes. Several predictions may run at once.
///
/// An error that it throws becomes the outcome of that input: a ``ServingError`` as it is, any other as `prediction_failed`.
public protocol Predictor<Input, Output>: Sendable {
    /// What one request carries.
    associatedtype Input: Decodable & Sendable

    /// What is returned for it.
    associatedtype Output: Encodable & Sendable

    /// Inputs that are predicted before the first request is taken.
    ///
    /// They load what is loaded on first use, and prove that the model works: a consumer is ready when a prediction has succeeded, and
    /// without these it waits for a request to prove it. They take the way of any input, but for the decoding; what comes out is encoded
    /// as MessagePack and dropped. One that fails ends the consumer before it has taken a request. Empty: nothing is predicted.
    var warmUpInputs: [Input] { get }

    /// Whether predictions take microseconds and never block, such as a lookup in a table.
    ///
    /// They then run on the thread that serves the connections, which spares each batch the way to another thread and back. What takes longer
    /// there holds up every request, and in the end costs the connections.
    var isQuick: Bool { get }

    /// What makes equal inputs one, for a predictor whose outputs depend on nothing but the input; `nil`: each input is predicted.
    var resultCaching: ResultCaching? { get }

    /// Loads what predictions need, such as weights from a file, before any input is predicted.
    ///
    /// Called once each time that the predictor begins to be served, on a thread where it may block. A predictor that throws is not served, and
    /// its consumer is not ready while it loads.
    func load() async throws

    /// Releases what ``load()`` has loaded. Called when no prediction runs any more, also after one that failed to load.
    func unload() async

    /// Predicts the output for one input.
    func predict(_ input: Input) async throws -> Output
}

extension Predictor {
    /// None.
    public var warmUpInputs: [Input] { [] }

    /// `false`.
    public var isQuick: Bool { false }

    /// `nil`.
    public var resultCaching: ResultCaching? { nil }

    /// Loads nothing.
    public func load() async throws {}

    /// Releases nothing.
    public func unload() async {}
}

/// A model that predicts many inputs at once for less than their sum.
///
/// Inputs of different requests and callers are put together. A batch that fails is halved until the input that makes it fail stands alone,
/// so one bad input never fails its neighbours (G6).
public protocol BatchPredictor<Input, Output>: Predictor {
    // Said again so that the batch form alone tells what they are.
    associatedtype Input
    associatedtype Output

    /// How large a batch may grow and how long it may wait.
    var batchLimits: BatchLimits { get }

    /// What an input costs in a batch, in any unit: pixels, tokens, bytes.
    ///
    /// Asked only if ``batchLimits`` name a ``BatchLimits/maximumCost``; else each input costs 1. An input is then decoded and weighed as it
    /// arrives, on the thread that also serves the connections, and is not decoded a second time for its prediction: this has to be quick.
    ///
    /// - Returns: Zero or more; of what is not a number it is assumed that it fills a batch.
    func cost(of input: Input) -> Double

    /// Predicts the outputs for several inputs.
    ///
    /// - Returns: One output for each input, in the order of the inputs.
    func predict(batch inputs: [Input]) async throws -> [Output]
}

extension BatchPredictor {
    /// As many inputs as it pays to predict together, up to 64, released as soon as a prediction thread is free.
    public var batchLimits: BatchLimits { .adaptive() }

    /// 1.
    public func cost(of input: Input) -> Double { 1 }

    /// A batch of one.
    public func predict(_ input: Input) async throws -> Output {
        let outputs = try await predict(batch: [input])
        guard let output = outputs.first, outputs.count == 1 else {
            throw ServingError(code: .predictionFailed, message: "the predictor returned \(outputs.count) outputs for 1 input")
        }
        return output
    }
}
