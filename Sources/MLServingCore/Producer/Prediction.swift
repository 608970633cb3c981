/// An output, and where the time of its request went.
public struct Prediction<Output: Sendable>: Sendable {
    /// What the predictor made of the input.
    public let output: Output
    /// Where the request's time went in broker and consumer. The rest is the client's own and the store's.
    public let times: ResultRecord.Times
}
