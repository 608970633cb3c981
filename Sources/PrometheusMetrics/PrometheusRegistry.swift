internal import CoreMetrics
internal import Synchronization

/// A backend of swift-metrics that keeps all values in memory and exposes them in Prometheus's text format, version 0.0.4.
///
/// ```swift
/// let registry = PrometheusRegistry()
/// MetricsSystem.bootstrap(registry)
/// let page = registry.exposition()
/// ```
///
/// | swift-metrics | Prometheus | |
/// |---|---|---|
/// | `Counter`, `FloatingPointCounter` | counter | named `…_total`, which is added where it is missing |
/// | `Gauge`, `Meter`, `Recorder` that does not aggregate | gauge | |
/// | `Recorder` | histogram | |
/// | `Timer` | histogram in seconds | named `…_seconds`, which is added where it is missing |
///
/// Dimensions become labels. In names, what Prometheus does not allow becomes `_`. Recording a value takes no lock and allocates nothing; making
/// a metric takes a lock, so it is best made once and kept.
///
/// A metric that cannot be exposed beside the others — another kind has its name, or there are too many series — is dropped: it
/// accepts values that nobody sees, and is counted in `metrics_dropped_series_total`.
public final class PrometheusRegistry: Sendable {
    /// The media type of ``exposition()``.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Labels that take more bytes than this in the exposition make their series one too many.
    static let maximumLabelBytes = 4_096

    let configuration: PrometheusConfiguration
    private let descriptions: [String: MetricDescription]
    private let table: Mutex<SeriesTable>
    private let dropped = CounterSeries()

    /// Makes an empty registry.
    public init(configuration: PrometheusConfiguration = PrometheusConfiguration()) {
        self.configuration = configuration
        let help = "Times a metric was made that is not exposed: too many series, or a name taken."
        let own = MetricDescription(name: Self.droppedName, help: help)
        descriptions = Dictionary((configuration.descriptions + [own]).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        var table = SeriesTable(maximumCount: max(0, configuration.maximumSeries) + 1)
        table.insert(dropped, named: Self.droppedName, labels: "", kind: .counter)
        self.table = Mutex(table)
    }

    private static let droppedName = "metrics_dropped_series_total"

    // MARK: Values out

    /// All series with their present values, in UTF-8. Metrics come in the order of their names, series in that of their labels.
    ///
    /// Values go on changing meanwhile: the count of a histogram always agrees with its buckets, its sum may be a record ahead.
    public func exposition() -> [UInt8] {
        let families = table.withLock { $0.families }
        var text = ExpositionText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text.begin(name: name, help: descriptions[name]?.help, type: family.kind.rawValue)
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(named: name, labels: labels, to: &text)
            }
        }
        return text.bytes
    }

    // MARK: Series in

    func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries? {
        series(MetricName.of(label, endingIn: "_total"), dimensions, .counter) { CounterSeries() }
    }

    func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries? {
        series(MetricName.of(label), dimensions, .gauge) { GaugeSeries() }
    }

    func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries? {
        let name = MetricName.of(label)
        return series(name, dimensions, .histogram) { [descriptions, configuration] in
            HistogramSeries(bounds: descriptions[name]?.buckets ?? configuration.valueBuckets)
        }
    }

    func timer(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries? {
        let name = MetricName.of(label, endingIn: "_seconds")
        return series(name, dimensions, .histogram) { [descriptions, configuration] in
            HistogramSeries(bounds: descriptions[name]?.buckets ?? configuration.timeBuckets)
        }
    }

    func remove(_ series: any Series) {
        table.withLock { $0.remove(series) }
    }

    /// The series with that name and those labels, made if need be; `nil` when it cannot be exposed.
    private func series<Kind: Series>(
        _ name: String,
        _ dimensions: [(String, String)],
        _ kind: MetricKind,
        make: () -> Kind
    ) -> Kind? {
        let labels = Labels.text(of: dimensions)
        let series: Kind? = table.withLock { table in
            if let known = table.series(named: name, labels: labels) { return known as? Kind }
            guard labels.utf8.count <= Self.maximumLabelBytes else { return nil }
            let new = make()
            return table.insert(new, named: name, labels: labels, kind: kind) ? new : nil
        }
        if series == nil { dropped.increment(by: Int64(1)) }
        return series
    }
}
