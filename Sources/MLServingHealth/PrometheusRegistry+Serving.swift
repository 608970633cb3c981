public import PrometheusMetrics

extension PrometheusRegistry {
    /// Makes a registry that knows what the metrics of consumers and producers mean, and has fitting buckets for them.
    ///
    /// - Parameter maximumSeries: How many series are kept at most.
    public static func forServing(maximumSeries: Int = 1_000) -> PrometheusRegistry {
        var configuration = PrometheusConfiguration(descriptions: servingDescriptions)
        configuration.maximumSeries = maximumSeries
        return PrometheusRegistry(configuration: configuration)
    }

    /// A batch is small or doubles with the load.
    private static let batchBuckets: [Double] = (0...10).map { Double(1 << $0) }

    /// The metrics of `docs/operations.md`.
    static let servingDescriptions: [MetricDescription] = [
        .init(name: "mlserving_consumer_requests_total", help: "Requests taken in."),
        .init(name: "mlserving_consumer_queue_seconds", help: "Time from publishing a request to its arrival, by two clocks."),
        .init(name: "mlserving_consumer_batching_seconds", help: "Time of a request in the consumer, apart from its prediction."),
        .init(name: "mlserving_consumer_predict_seconds", help: "Time of a batch in the predictor, decoding and encoding included."),
        .init(name: "mlserving_consumer_batch_size", help: "Inputs in a batch.", buckets: batchBuckets),
        .init(name: "mlserving_consumer_batches_total", help: "Batches, by why they were released."),
        .init(name: "mlserving_consumer_cache_inputs_total", help: "Inputs that may be shared: found, awaited or predicted."),
        .init(name: "mlserving_consumer_outcomes_total", help: "Requests with all outcomes, by the first failure among them, or ok."),
        .init(name: "mlserving_consumer_retries_total", help: "Requests sent back for another attempt."),
        .init(name: "mlserving_consumer_suspects_total", help: "Requests set aside because a consumer was lost that predicted them."),
        .init(name: "mlserving_consumer_duplicates_total", help: "Requests that had a result already."),
        .init(name: "mlserving_consumer_publish_retries_total", help: "Results, replies and dead letters that had to be sent again."),
        .init(name: "mlserving_consumer_dead_letters_total", help: "Requests laid with the dead letters."),
        .init(name: "mlserving_consumer_held_requests", help: "Requests that the consumer holds."),
        .init(name: "mlserving_consumer_oldest_request_seconds", help: "Time since the oldest held request was published; 0 without any."),
        .init(name: "mlserving_consumer_registered", help: "Whether the broker knows the consumer."),
        .init(name: "mlserving_queue_depth", help: "Requests that wait in the queue, when the broker was last asked."),
        .init(name: "mlserving_queue_consumers", help: "Consumers of the queue, when the broker was last asked."),
        .init(name: "mlserving_connection_up", help: "Whether a connection can be used."),
        .init(name: "mlserving_connection_reconnects_total", help: "How often a connection was made again."),
        .init(name: "mlserving_producer_requests_total", help: "Requests that were asked for."),
        .init(name: "mlserving_producer_failures_total", help: "Requests that ended without a result."),
        .init(name: "mlserving_producer_round_trip_seconds", help: "Time from asking to the result."),
        .init(name: "mlserving_producer_publish_retries_total", help: "Requests that had to be published again."),
        .init(name: "mlserving_producer_in_flight", help: "Requests that wait for their result."),
    ]
}
