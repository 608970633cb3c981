/// What Prometheus calls the type of a metric.
enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram

    /// The names of the samples that a metric of this kind exposes, and its own.
    func sampleNames(of name: String) -> [String] {
        switch self {
        case .counter, .gauge: [name]
        case .histogram: [name, name + "_bucket", name + "_sum", name + "_count"]
        }
    }
}

/// The series of a registry by name and labels: a bounded number, and no two metrics that an exposition would mix up.
struct SeriesTable: Sendable {
    /// All series of one name.
    struct Family: Sendable {
        let kind: MetricKind
        /// By the text of their labels.
        var series: [String: any Series] = [:]
    }

    private(set) var families: [String: Family] = [:]
    /// Which family exposes samples of a name.
    private var owners: [String: String] = [:]
    private var count = 0
    private let maximumCount: Int

    init(maximumCount: Int) {
        self.maximumCount = maximumCount
    }

    func series(named name: String, labels: String) -> (any Series)? {
        families[name]?.series[labels]
    }

    /// Adds a series; `false` when there is no room for it, or its name is another metric's.
    @discardableResult
    mutating func insert(_ series: any Series, named name: String, labels: String, kind: MetricKind) -> Bool {
        guard count < maximumCount else { return false }
        if let family = families[name] {
            guard family.kind == kind, family.series[labels] == nil else { return false }
        } else {
            let names = kind.sampleNames(of: name)
            guard names.allSatisfy({ owners[$0] == nil }) else { return false }
            for sample in names { owners[sample] = name }
        }
        families[name, default: Family(kind: kind)].series[labels] = series
        count += 1
        return true
    }

    /// Removes a series, and its name when it was the last that had it.
    mutating func remove(_ series: any Series) {
        for (name, family) in families {
            guard let labels = family.series.first(where: { $0.value === series })?.key else { continue }
            families[name]?.series[labels] = nil
            count -= 1
            if family.series.count == 1 {
                families[name] = nil
                for sample in family.kind.sampleNames(of: name) { owners[sample] = nil }
            }
            return
        }
    }
}
