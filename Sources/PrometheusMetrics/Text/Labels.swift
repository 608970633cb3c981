/// The labels of a series, as they stand between the braces.
enum Labels {
    /// Dimensions as `name="value"` pairs in the order of their names, so that equal labels are equal texts.
    ///
    /// Of two dimensions with one name the last counts: a name that occurs twice would make the whole page invalid.
    static func text(of dimensions: [(String, String)]) -> String {
        if dimensions.isEmpty { return "" }
        var labels: [String: String] = [:]
        for (name, value) in dimensions { labels[valid(name)] = value }
        return labels.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(ExpositionText.escaped($0.value, quotes: true))\"" }
            .joined(separator: ",")
    }

    /// A name that is allowed, and is none of those that Prometheus keeps for itself: `le`, and what begins with `__`.
    private static func valid(_ text: String) -> String {
        let name = MetricName.valid(text, allowingColons: false)
        if name == "le" || name == "quantile" { return "_" + name }
        guard name.hasPrefix("__") else { return name }
        return "_" + name.drop { $0 == "_" }
    }
}
