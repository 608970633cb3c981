import MLServingCore

/// Predicts with a closure.
struct ClosurePredictor<Input: Decodable & Sendable, Output: Encodable & Sendable>: Predictor {
    let isQuick: Bool
    private let body: @Sendable (Input) async throws -> Output

    init(isQuick: Bool = false, _ body: @escaping @Sendable (Input) async throws -> Output) {
        self.isQuick = isQuick
        self.body = body
    }

    func predict(_ input: Input) async throws -> Output {
        try await body(input)
    }
}

/// Predicts batches with a closure.
struct ClosureBatchPredictor<Input: Decodable & Sendable, Output: Encodable & Sendable>: BatchPredictor {
    let batchLimits: BatchLimits
    private let body: @Sendable ([Input]) async throws -> [Output]

    init(_ batchLimits: BatchLimits = BatchLimits(), _ body: @escaping @Sendable ([Input]) async throws -> [Output]) {
        self.batchLimits = batchLimits
        self.body = body
    }

    func predict(batch inputs: [Input]) async throws -> [Output] {
        try await body(inputs)
    }
}
