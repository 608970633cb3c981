/// An output, and where the time of its request went.
public struct Prediction<Output: Sendable>: Sendable {
    /// What the predictor made of the input.
    public let output: Output
    /// The request's id, the same in the logs of both sides. Calls that shared a message share it; empty in the template's dialect.
    public let requestID: String
    /// Where the request's time went in broker and consumer. The rest is the client's own and the store's.
    public let times: ResultRecord.Times
}

/// The outcomes of several inputs of one request, and where its time went.
public struct BatchPrediction<Output: Sendable>: Sendable {
    /// What the predictor made of each input, in their order.
    public let outcomes: [Result<Output, ServingError>]
    /// The request's id, the same in the logs of both sides. Empty when nothing was asked, and in the template's dialect.
    public let requestID: String
    /// Where the request's time went in broker and consumer. Zero in the template's dialect, which does not tell.
    public let times: ResultRecord.Times
}
