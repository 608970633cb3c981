/// What a request ended in: one outcome for each of its inputs, and where its time went.
///
/// In MessagePack and in JSON it is a map:
///
/// ```json
/// {"id": "3f2a…-7", "outcomes": [{"value": …}, {"error": {"code": "invalid_input", "message": "…", "retryable": false}}],
///  "times": {"queued_us": 812, "batching_us": 40, "predicting_us": 5210}}
/// ```
///
/// A record for a client that takes compressed results may be one Zstandard frame, and has the member `accepts`: how requests may be compressed.
public struct ResultRecord: Sendable {
    /// The encoded output of one input, or why there is none.
    public typealias Outcome = Result<ArraySlice<UInt8>, ServingError>

    /// Where the time of a request went, in microseconds.
    public struct Times: Sendable, Hashable {
        /// From publishing until a consumer had it; by the clocks of two machines.
        public var queued: Int64
        /// In the consumer until its last input was given to the predictor.
        public var batching: Int64
        /// In the predictor.
        public var predicting: Int64

        /// Makes a breakdown.
        public init(queued: Int64 = 0, batching: Int64 = 0, predicting: Int64 = 0) {
            self.queued = queued
            self.batching = batching
            self.predicting = predicting
        }

        var named: [(String, Int64)] { [("queued_us", queued), ("batching_us", batching), ("predicting_us", predicting)] }

        func knows(_ name: String) -> Bool { named.contains { $0.0 == name } }

        mutating func set(_ name: String, to microseconds: Int64) {
            switch name {
            case "queued_us": queued = microseconds
            case "batching_us": batching = microseconds
            case "predicting_us": predicting = microseconds
            default: break
            }
        }
    }

    /// The request's id.
    public var requestID: String
    /// One for each input, in the order of the inputs.
    public var outcomes: [Outcome]
    /// Where the time went.
    public var times: Times
    /// How requests to this consumer may be compressed; told to those who accept compressed results.
    public var acceptedEncoding: String?

    /// Makes a record.
    public init(requestID: String, outcomes: [Outcome], times: Times = Times()) {
        self.requestID = requestID
        self.outcomes = outcomes
        self.times = times
    }
}
