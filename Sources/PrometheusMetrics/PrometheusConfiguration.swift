/// How a ``PrometheusRegistry`` keeps and exposes metrics.
public struct PrometheusConfiguration: Sendable {
    /// How many series, of all metrics together, are kept at most. A histogram with one set of labels counts as one.
    ///
    /// A series beyond is dropped and counted in `metrics_dropped_series_total`: labels that a caller can make up must not fill the memory.
    public var maximumSeries = 1_000

    /// What is known of metrics by their names.
    public var descriptions: [MetricDescription]

    /// The upper bounds of the buckets of timers without a description, in seconds: from 100 µs to a minute.
    public var timeBuckets: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    /// The upper bounds of the buckets of recorders without a description: powers of four up to 4¹².
    public var valueBuckets: [Double] = (0...12).map { Double(1 << (2 * $0)) }

    /// The documented defaults, with descriptions.
    public init(descriptions: [MetricDescription] = []) {
        self.descriptions = descriptions
    }
}
