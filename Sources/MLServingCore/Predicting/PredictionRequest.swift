/// A request, as the predictor that works for it may see it.
public struct PredictionRequest: Sendable {
    private let work: PredictionWork

    init(_ work: PredictionWork) {
        self.work = work
    }

    /// The request's id, the same in logs, in results and in errors. Inputs of one message share it.
    public var id: String { work.origin.id }

    /// Which attempt this is: 1, and one more after each failure that was worth another try.
    public var attempt: Int { work.origin.attempt }

    /// Which of the request's inputs this is, from 0.
    public var inputIndex: Int { work.index }

    /// When its caller stops waiting; `nil` when the caller did not say.
    public var deadline: ContinuousClock.Instant? { work.deadline }

    /// What the caller said beside the input.
    public var parameters: [String: ParameterValue] { work.origin.content.parameters }

    /// What the caller noted on the request.
    public var metadata: [String: String] { work.origin.content.metadata }
}

/// What all inputs of a request have in common for whoever predicts them.
final class RequestOrigin: Sendable {
    let id: String
    let attempt: Int
    let content: RequestContent
    /// What carries the trace.
    let headers: MessageHeaders

    init(id: String, attempt: Int, content: RequestContent, headers: MessageHeaders) {
        self.id = id
        self.attempt = attempt
        self.content = content
        self.headers = headers
    }
}
