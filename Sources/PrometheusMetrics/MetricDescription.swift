/// What a registry knows of a metric beside its values.
public struct MetricDescription: Sendable, Hashable {
    /// The metric's name, as it is exposed.
    public var name: String

    /// What it measures, in one sentence.
    public var help: String

    /// The upper bounds of a histogram's buckets, ascending and without infinity; `nil`: the registry's.
    public var buckets: [Double]?

    /// Describes a metric.
    public init(name: String, help: String, buckets: [Double]? = nil) {
        self.name = name
        self.help = help
        self.buckets = buckets
    }
}
