internal import MLServingCore

/// A report as JSON.
struct HealthDocument: Encodable {
    struct Problem: Encodable {
        var code: String
        var message: String
    }

    struct Registration: Encodable {
        var registered: Bool
        /// For how long that has been so, in seconds.
        var seconds: Double?
    }

    struct Queue: Encodable {
        var depth: Int
        var consumers: Int
        /// How old this is, in seconds.
        var age: Double
    }

    struct Connection: Encodable {
        var name: String
        var connected: Bool
        var reconnects: Int
    }

    var live: Bool
    var ready: Bool
    /// Why the answer is what it is.
    var problems: [Problem]
    var broker: Registration
    var held: Int
    var predicting: Int
    /// In seconds.
    var longestPrediction: Double?
    /// In seconds.
    var sinceLastSuccess: Double?
    var queue: Queue?
    var connections: [Connection]

    init(_ report: HealthReport, problems: [HealthProblem]) {
        live = report.isLive
        ready = report.isReady
        self.problems = problems.map { Problem(code: $0.code.rawValue, message: $0.message) }
        broker = Registration(registered: report.isRegistered, seconds: report.registrationAge?.tenths)
        held = report.heldRequests
        predicting = report.runningPredictions
        longestPrediction = report.longestPrediction?.tenths
        sinceLastSuccess = report.sinceLastSuccess?.tenths
        if let status = report.queue, let age = report.queueAge {
            queue = Queue(depth: status.depth, consumers: status.consumers, age: age.tenths)
        }
        connections = report.connections.map {
            Connection(name: $0.name, connected: $0.isConnected, reconnects: max(0, $0.connectCount - 1))
        }
    }

    enum CodingKeys: String, CodingKey {
        case live, ready, problems, broker, held, predicting, queue, connections
        case longestPrediction = "longest_prediction_seconds"
        case sinceLastSuccess = "last_success_seconds_ago"
    }
}

extension Duration {
    /// Seconds, to the tenth: more would only look precise.
    fileprivate var tenths: Double {
        (seconds * 10).rounded() / 10
    }
}
