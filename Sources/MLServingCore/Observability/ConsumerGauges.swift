internal import Metrics

/// The metrics of a consumer that are looked up from time to time, rather than counted as they happen.
///
/// A gauge is made when its value is first known: one that shows 0 until then would be a lie.
struct ConsumerGauges {
    private let queue: String
    private let factory: any MetricsFactory
    private var gauges: [String: Gauge] = [:]
    private var connections: [String: (up: Gauge, reconnects: Counter, counted: Int)] = [:]

    init(queue: String) {
        self.queue = queue
        factory = MetricsSystem.factory
    }

    /// - Parameter oldest: How long ago the oldest of the held requests was published.
    mutating func record(heldRequests: Int, oldest: Duration) {
        gauge("mlserving_consumer_held_requests").record(heldRequests)
        gauge("mlserving_consumer_oldest_request_seconds").record(oldest.seconds)
    }

    mutating func record(isRegistered: Bool) {
        gauge("mlserving_consumer_registered").record(isRegistered ? 1 : 0)
    }

    mutating func record(_ status: QueueStatus) {
        gauge("mlserving_queue_depth").record(status.depth)
        gauge("mlserving_queue_consumers").record(status.consumers)
    }

    mutating func record(_ states: [ConnectionState]) {
        for state in states {
            var connection = connections[state.name] ?? makeConnection(state.name)
            connection.up.record(state.isConnected ? 1 : 0)
            let reconnects = max(0, state.connectCount - 1)
            if reconnects > connection.counted { connection.reconnects.increment(by: reconnects - connection.counted) }
            connection.counted = reconnects
            connections[state.name] = connection
        }
    }

    private mutating func gauge(_ label: String) -> Gauge {
        if let gauge = gauges[label] { return gauge }
        let gauge = Gauge(label: label, dimensions: [("queue", queue)], factory: factory)
        gauges[label] = gauge
        return gauge
    }

    private func makeConnection(_ name: String) -> (up: Gauge, reconnects: Counter, counted: Int) {
        let dimensions = [("queue", queue), ("connection", name)]
        return (
            Gauge(label: "mlserving_connection_up", dimensions: dimensions, factory: factory),
            Counter(label: "mlserving_connection_reconnects_total", dimensions: dimensions, factory: factory),
            0
        )
    }
}
