/// A mark in the store that says that a consumer has begun to predict a request, and the signs of life of that consumer (G6).
///
/// The mark alone does not tell a crash from a connection that broke under a consumer that predicts on. Whoever writes the mark therefore gives
/// signs of life beside it until the prediction is over. A mark without signs is that of a consumer that was lost. All are keys without a
/// meaningful value, because a consumer may be allowed to look at no values.
struct BegunMark: Sendable, Hashable {
    /// The mark's own key.
    let key: String

    /// The mark of a request that was delivered before and is predicted like any other: what the loss of its consumer tells of is shared with
    /// the other requests of its batch.
    static func shared(resultKey: String, queue: String) -> BegunMark {
        BegunMark(key: "mlserving:suspect:{\(queue)}:begun:\(resultKey)")
    }

    /// The mark of a suspect that is predicted alone.
    ///
    /// - Parameters:
    ///   - name: Names this copy of the request among the suspects.
    ///   - number: How many times it has begun, this time included.
    static func alone(name: String, number: Int, queue: String) -> BegunMark {
        BegunMark(key: "mlserving:suspect:{\(queue)}:\(name):\(number)")
    }

    /// The keys of the signs of life. They are written in turn, so that one is there while the other is renewed.
    var signs: [String] { [key + ":alive-0", key + ":alive-1"] }

    /// Everything that is in the store because of the mark.
    var keys: [String] { [key] + signs }
}

/// How often signs of life are given, and how long each lasts.
struct LifeSigns: Sendable {
    var timeToLive = Duration.seconds(3)

    /// Three signs can be lost before a living consumer is taken for dead.
    var interval: Duration { timeToLive / 4 }
}
