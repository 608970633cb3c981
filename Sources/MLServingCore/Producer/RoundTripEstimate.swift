/// How long requests take of late: a moving average, from which a caller who is turned away learns when to come again.
struct RoundTripEstimate {
    private var average: Duration?

    mutating func add(_ duration: Duration) {
        average = average.map { $0 + (duration - $0) / 16 } ?? duration
    }

    /// After how long it makes sense to try again: a tenth of a second to half a minute.
    var retryHint: Duration {
        min(max(.milliseconds(100), average ?? .seconds(1)), .seconds(30))
    }
}
